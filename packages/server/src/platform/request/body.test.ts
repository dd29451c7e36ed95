import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AppError } from '../errors'
import { readBody, readJson } from './body'

const encoder = new TextEncoder()
const jsonHeaders = { 'content-type': 'application/json' }

function post(body: RequestInit['body'] & {}, headers: Record<string, string> = jsonHeaders): Request {
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body, duplex: 'half' }
  return new Request('http://localhost/', init)
}

const refusedWith = (code: string, message = /^[A-Z].+\.$/) => ({ name: 'AppError', code, message: expect.stringMatching(message) })

test('a body comes back byte for byte, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 10 }), async (chunks) => {
      const expected = Buffer.concat(chunks)
      expect(Buffer.from(await readBody(post(ReadableStream.from(chunks.map((chunk) => chunk.slice()))), expected.length))).toEqual(
        expected,
      )
    }),
  )
  expect(await readBody(new Request('http://localhost/'), 0)).toEqual(new Uint8Array())
})

test('a body that says it is too large is refused before a byte is read', async () => {
  const request = post('12345', { ...jsonHeaders, 'content-length': '5' })
  await expect(readBody(request, 4)).rejects.toMatchObject(refusedWith('body_too_large', /^The body is larger than the 4 bytes/))
  expect(request.bodyUsed).toBe(false)
})

test.each(['-1', '1e3', '0x10', '5, 5', '1.5', '9'.repeat(20), ' ', 'NaN'])('a length that is no number is refused: %j', async (length) => {
  await expect(readBody(post('12345', { 'content-length': length }), 1_000)).rejects.toMatchObject(refusedWith('invalid_request'))
})

test('an endless body is read to its cap and no further', async () => {
  let pulled = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1
      controller.enqueue(new Uint8Array(1_000))
    },
  })
  await expect(readBody(post(endless), 10_000)).rejects.toMatchObject(refusedWith('body_too_large'))
  expect(pulled).toBeLessThan(15)
})

test('a body at its cap passes, one byte more does not', async () => {
  expect((await readBody(post('12345'), 5)).byteLength).toBe(5)
  await expect(readBody(post('123456'), 5)).rejects.toMatchObject(refusedWith('body_too_large'))
})

test('a body that breaks off is a refusal with its cause, not a failure of ours', async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error('reset')) })
  await expect(readBody(post(broken), 10)).rejects.toMatchObject({ ...refusedWith('invalid_request'), cause: expect.any(Error) })
})

test.each([
  'application/json',
  'Application/JSON',
  'application/json; charset=utf-8',
  'application/json;charset="UTF-8"',
  'application/json ; Charset=utf-8',
])('JSON in UTF-8 is read: %s', async (type) => {
  expect(await readJson(post('{"a":"é😀"}', { 'content-type': type }), 100)).toEqual({ a: 'é😀' })
})

test.each([
  '',
  'text/plain',
  'text/json',
  'application/jsonp',
  'application/json5',
  'application/ld+json',
  'application/merge-patch+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/json; charset=latin1',
  'application/json; charset=utf-7',
  'application/json; charset=utf-8; charset=utf-16',
  'application/json, text/plain',
  'text/plain; application/json',
  'application/json/x',
  'application/json          x',
])('any other media type is refused: %j', async (type) => {
  await expect(readJson(post('{}', { 'content-type': type }), 100)).rejects.toMatchObject(refusedWith('unsupported_media_type'))
})

test('a body without a media type is refused', async () => {
  await expect(readJson(post(encoder.encode('{}'), {}), 100)).rejects.toMatchObject(refusedWith('unsupported_media_type'))
})

test.each(['gzip', 'br', 'zstd', 'deflate', 'identity, gzip', 'x-gzip', ''])('a compressed body is refused: %j', async (encoding) => {
  const refused = readJson(post('{}', { ...jsonHeaders, 'content-encoding': encoding }), 100)
  await expect(refused).rejects.toMatchObject(refusedWith('unsupported_media_type', /Content-Encoding/))
  expect(await readJson(post('{}', { ...jsonHeaders, 'content-encoding': 'Identity' }), 100)).toEqual({})
})

test.each([
  ['overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
  ['overlong NUL', [0x22, 0xc0, 0x80, 0x22]],
  ['three-byte overlong', [0x22, 0xe0, 0x80, 0xaf, 0x22]],
  ['surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ['beyond U+10FFFF', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
  ['lone continuation', [0x22, 0x80, 0x22]],
  ['cut short', [0x22, 0xc3]],
  ['latin-1', [0x22, 0xe9, 0x22]],
  ['byte order mark', [0xef, 0xbb, 0xbf, 0x7b, 0x7d]],
  ['UTF-16 mark', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ['UTF-16 without mark', [0x7b, 0x00, 0x7d, 0x00]],
  ['empty', []],
  ['spaces alone', [0x20, 0x0a]],
])('bytes that are not JSON in UTF-8 are refused with a sentence: %s', async (_name, bytes) => {
  await expect(readJson(post(Uint8Array.from(bytes)), 100)).rejects.toMatchObject(refusedWith('invalid_json'))
})

const seen: AppError[] = []
const server = createServer(
  getRequestListener(async (request) => {
    try {
      return Response.json(await readJson(request, 1_000))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      seen.push(error)
      return Response.json(error.code, { status: 413 })
    }
  }),
)

beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.closeAllConnections()
  return new Promise<void>((resolve) => void server.close(() => resolve()))
})

function send(lines: string[], body: string): Promise<string> {
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`))
    socket.on('data', (data) => {
      answer += data
      if (answer.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

const request = ['POST / HTTP/1.1', 'Host: localhost', 'Content-Type: application/json']

test('over a real connection the refusal arrives although the body was never read', async () => {
  expect(await send([...request, 'Content-Length: 1000000'], '{')).toMatch(/^HTTP\/1\.1 413 /)
  const chunk = `3e9\r\n${'x'.repeat(0x3e9)}\r\n`
  expect(await send([...request, 'Transfer-Encoding: chunked'], chunk)).toMatch(/^HTTP\/1\.1 413 /)
  expect(seen.map((error) => error.code)).toEqual(['body_too_large', 'body_too_large'])
  expect(await send([...request, 'Content-Length: 2'], '{}')).toMatch(/^HTTP\/1\.1 200 /)
})
