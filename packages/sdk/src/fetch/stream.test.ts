import { createHash, randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFetchRoom } from '../../test/fetch-room'
import { type Handler, type HttpServer, startHttpServer } from '../../test/http-server'
import { type LeaseService, startLeaseService } from '../../test/lease-service'
import { LeaseRevokedError } from '../errors'

const chat = 'https://api.openai.com/v1/chat/completions'
const stream = (more = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'gpt-5-mini', stream: true, ...more }),
})
const delta = (content: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c1', model: 'gpt-5-mini', choices: [{ index: 0, delta: { content }, finish_reason: finish }], usage: null })}\n\n`
const usage = `data: ${JSON.stringify({ id: 'c1', model: 'gpt-5-mini', choices: [], usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 } })}\n\n`
const done = 'data: [DONE]\n\n'

let service: LeaseService
let provider: HttpServer
let handle: Handler
let answers: ServerResponse[] = []
beforeAll(async () => {
  service = await startLeaseService()
  provider = await startHttpServer((seen, response) => handle(seen, response))
  service.given = { baseUrl: `${provider.url}/v1` }
})
afterAll(() => Promise.all([service.close(), provider.close()]))
beforeEach(() => {
  provider.requests.length = 0
  answers = []
  handle = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(delta('Hel'))
    answers.push(response)
  }
})

const createRoom = () => createFetchRoom({ url: service.url })

describe('a stream', () => {
  it('is asked for its usage, and the event that came for us is hidden', async () => {
    const { fetch, records, pool } = createRoom()
    handle = (_, response) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(delta('Hel') + delta('lo', 'stop') + usage + done)
    const text = await (await fetch('openai')(chat, stream())).text()
    expect(JSON.parse(provider.requests[0]?.body ?? '')).toEqual({
      model: 'gpt-5-mini',
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(text).toBe(delta('Hel') + delta('lo', 'stop') + done)
    expect(records).toMatchObject([
      { status: 'ok', end: 'complete', reading: { quality: 'exact', vector: { inputUncached: 7, outputText: 2 } } },
    ])
    expect(records[0]?.firstTokenMs).toBeGreaterThanOrEqual(0)
    await pool.close()
  })

  it('whose caller asked for the usage keeps it', async () => {
    const { fetch, pool } = createRoom()
    const body = delta('Hel', 'stop') + usage + done
    handle = (_, response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body)
    const asked = stream({ stream_options: { include_usage: true } })
    expect(await (await fetch('openai')(chat, asked)).text()).toBe(body)
    expect(provider.requests[0]?.body).toBe(asked.body)
    await pool.close()
  })

  it('passes byte for byte, whatever it holds and however it is cut', async () => {
    const { fetch, pool, records } = createRoom()
    const sent = randomBytes(300_000)
    handle = async (_, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      for (let from = 0; from < sent.length; from += 7_919) response.write(sent.subarray(from, from + 7_919))
      response.end()
    }
    const got = new Uint8Array(await (await fetch('openai')('https://api.openai.com/v1/audio/speech', stream())).arrayBuffer())
    expect(createHash('sha256').update(got).digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'))
    expect(records).toHaveLength(1)
    await pool.close()
  })

  it('arrives piece by piece, not at its end', async () => {
    const { fetch, pool } = createRoom()
    const reader = (await fetch('openai')(chat, stream())).body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(delta('Hel'))
    answers[0]?.end(done)
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(done)
    await pool.close()
  })

  it('that is left early ends its record and closes the provider’s side', async () => {
    const { fetch, records, pool } = createRoom()
    const response = await fetch('openai')(chat, stream())
    for await (const _ of response.body as unknown as AsyncIterable<Uint8Array>) break
    expect(records).toMatchObject([
      { status: 'aborted', end: 'aborted', errorType: null, reading: { quality: 'estimated', characters: { text: 3 } } },
    ])
    await expect.poll(() => answers[0]?.destroyed).toBe(true)
    await pool.close()
  })

  it('that throws in its reader ends its record', async () => {
    const { fetch, records, pool } = createRoom()
    const response = await fetch('openai')(chat, stream())
    const sink = new WritableStream({
      write() {
        throw new Error('the disk is full')
      },
    })
    await expect(response.body?.pipeTo(sink)).rejects.toThrow('the disk is full')
    expect(records).toMatchObject([{ end: 'aborted' }])
    await pool.close()
  })

  it('that is aborted midway throws the caller’s reason', async () => {
    const { fetch, records, pool } = createRoom()
    const leave = new AbortController()
    const response = await fetch('openai')(chat, { ...stream(), signal: leave.signal })
    const text = response.text()
    leave.abort(new Error('enough'))
    await expect(text).rejects.toThrow('enough')
    expect(records).toMatchObject([{ status: 'aborted', end: 'aborted' }])
    await pool.close()
  })

  it('that the provider cuts midway throws as it would, and is recorded as broken', async () => {
    const { fetch, records, pool } = createRoom()
    const response = await fetch('openai')(chat, stream())
    const text = response.text()
    answers[0]?.destroy()
    await expect(text).rejects.toThrow(TypeError)
    expect(records).toMatchObject([{ status: 'error', end: 'broken', reading: { quality: 'estimated', characters: { text: 3 } } }])
    await pool.close()
  })

  it('that tells an error within is recorded as one', async () => {
    const { fetch, records, pool } = createRoom()
    handle = (_, response) =>
      void response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end('data: {"error":{"message":"x","type":"server_error","code":null}}\n\n')
    await (await fetch('openai')(chat, stream())).text()
    expect(records).toMatchObject([{ status: 'error', errorType: 'server_error' }])
    await pool.close()
  })

  it('whose lease is revoked with a cut ends with that reason; one that may finish goes on', async () => {
    const { fetch, records, pool } = createRoom()
    const leased = fetch('openai')
    const cut = await leased(chat, stream())
    const finished = await fetch('openai', { keyId: 'pky_1' })(chat, stream())
    const [first] = pool.revoke(() => true).map(({ id }) => id)
    const reason = new LeaseRevokedError('lease_revoked', 'It was revoked.')
    const failed = cut.text()
    pool.revoke(({ id }) => id === first, reason)
    await expect(failed).rejects.toBe(reason)
    for (const answer of answers) answer.end(done)
    expect(await finished.text()).toBe(delta('Hel') + done)
    expect(records.map(({ end, errorType }) => [end, errorType])).toEqual([
      ['aborted', 'lease_revoked'],
      ['complete', null],
    ])
    await pool.close()
  })

  it('that is still read when everything closes is recorded as it is, and goes on', async () => {
    const { fetch, records, pool } = createRoom()
    const response = await fetch('openai')(chat, stream())
    const text = response.text()
    await expect.poll(() => answers.length).toBe(1)
    pool.leaveCalls()
    expect(records).toMatchObject([{ end: 'aborted' }])
    await pool.close()
    answers[0]?.end(done)
    expect(await text).toBe(delta('Hel') + done)
    expect(records).toHaveLength(1)
  })

  it('that nobody ever looks at is recorded once it is forgotten, and leaves the provider', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { fetch, records, pool } = createRoom()
    await fetch('openai')(chat, { ...stream(), body: '{"model":"gpt-5-mini"}' })
    await expect
      .poll(
        () => {
          collect()
          return records
        },
        { timeout: 4_000 },
      )
      .toMatchObject([{ end: 'aborted', httpStatus: 200 }])
    await expect.poll(() => answers[0]?.destroyed).toBe(true)
    await pool.close()
  })
})
