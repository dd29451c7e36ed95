import { AppError } from '../errors'
import { parseStrictJson } from './json'

const jsonType = /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i

/** The whole body, or a refusal as soon as it is known to be larger than the cap; the rest is never read. */
export async function readBody(request: Request, maximumBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  checkDeclaredLength(declared, maximumBytes)
  return declared === null ? readStream(request, maximumBytes) : readWhole(request, maximumBytes)
}

/** The parser hands over no more than was declared, and the adapter that without a stream, at a fraction of its cost. */
async function readWhole(request: Request, maximumBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(await request.arrayBuffer().catch(refuseBroken))
  if (bytes.byteLength > maximumBytes) throw refuseSize(maximumBytes)
  return bytes
}

async function readStream(request: Request, maximumBytes: number): Promise<Uint8Array> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = request.body?.getReader()
  if (!reader) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  for (let chunk = await readChunk(reader); chunk; chunk = await readChunk(reader)) {
    length += chunk.byteLength
    if (length > maximumBytes) throw refuseSize(maximumBytes)
    chunks.push(chunk)
  }
  return joinChunks(chunks, length)
}

/** The value of a JSON body: one media type, one character set, no compression, so that every reader sees the same text. */
export async function readJson(request: Request, maximumBytes: number): Promise<unknown> {
  checkMediaType(request.headers)
  return parseStrictJson(decodeText(await readBody(request, maximumBytes)))
}

function checkDeclaredLength(header: string | null, maximumBytes: number): void {
  if (header === null) return
  if (!/^\d{1,15}$/.test(header)) throw new AppError('invalid_request', { message: 'Content-Length must be one decimal number.' })
  if (Number(header) > maximumBytes) throw refuseSize(maximumBytes)
}

async function readChunk(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
  const { value } = await reader.read().catch(refuseBroken)
  return value
}

function refuseBroken(cause: unknown): never {
  throw new AppError('invalid_request', { message: 'The connection ended before the body was complete. Send the request again.', cause })
}

function joinChunks(chunks: Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

function checkMediaType(headers: Headers): void {
  if (!jsonType.test(headers.get('content-type') ?? '')) throw new AppError('unsupported_media_type')
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_media_type', { message: 'Send the body without Content-Encoding: this route takes it uncompressed.' })
  }
}

function decodeText(bytes: Uint8Array): string {
  if (bytes.byteLength === 0) throw new AppError('invalid_json', { message: 'The body is empty. Send one JSON value.' })
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new AppError('invalid_json', { message: 'The body begins with a byte order mark. Send UTF-8 without one.' })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new AppError('invalid_json', { message: 'The body is not valid UTF-8. Send JSON in UTF-8.', cause })
  }
}

function refuseSize(maximumBytes: number): AppError {
  return new AppError('body_too_large', { message: `The body is larger than the ${maximumBytes} bytes that this route takes.` })
}
