import { Readable, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { AppError } from '../../../platform/errors'

interface BodyLimits {
  maximumBytes: number
  arrivalMs: number
  /** Told of each size that the inflated body reaches; it may refuse to go on. */
  onGrowth(bytes: number): void
}

/** Telemetry inflates about twentyfold. Each piece is a turn of the event loop, and its memory is taken before it is known to be needed. */
const inflation = 20
const smallestPiece = 16 * 1024
const largestPiece = 256 * 1024

const inflaters = { gzip: createGunzip, zstd: createZstdDecompress } as const

/** The length that the sender tells; zero where it tells none. */
export function readLength(request: Request, maximumBytes: number): number {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > maximumBytes) throw refuseSize(maximumBytes)
  return declared > 0 ? Math.ceil(declared) : 0
}

/** The body, inflated as it arrives; it is refused as soon as it is larger or later than it may be. */
export async function readOtlpBody(request: Request, limits: BodyLimits): Promise<Buffer> {
  const inflate = createInflater(request.headers.get('content-encoding'), readLength(request, limits.maximumBytes))
  if (!request.body) return Buffer.alloc(0)
  const arriving = readInTime(request.body, limits.arrivalMs)
  return inflate ? inflateAll(arriving, inflate, limits) : collect(arriving, limits)
}

function createInflater(contentEncoding: string | null, length: number): Transform | null {
  const coding = (contentEncoding ?? '').trim().toLowerCase()
  if (coding === '' || coding === 'identity') return null
  if (!Object.hasOwn(inflaters, coding)) {
    throw new AppError('unsupported_media_type', { message: 'Send the body as it is, or with Content-Encoding gzip or zstd.' })
  }
  const chunkSize = Math.min(largestPiece, Math.max(smallestPiece, length * inflation))
  return inflaters[coding as keyof typeof inflaters]({ chunkSize }) // one of its own names
}

async function* readInTime(body: ReadableStream<Uint8Array>, arrivalMs: number): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(refuseLate()), arrivalMs)
  late.promise.catch(() => undefined)
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read().catch(refuseBroken), late.promise])
      if (done) return
      yield value
    }
  } finally {
    clearTimeout(timer)
    void reader.cancel().catch(() => undefined)
  }
}

async function inflateAll(arriving: AsyncIterable<Uint8Array>, inflate: Transform, limits: BodyLimits): Promise<Buffer> {
  const source = Readable.from(arriving)
  source.once('error', (error) => inflate.destroy(error))
  try {
    return await collect(source.pipe(inflate), limits, giveBack)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('invalid_request', {
      message: 'The body does not inflate: it is cut short or not what Content-Encoding says.',
      cause,
    })
  } finally {
    source.destroy()
    inflate.destroy()
  }
}

async function collect(
  chunks: AsyncIterable<Uint8Array>,
  { maximumBytes, onGrowth }: BodyLimits,
  leave: (chunk: Uint8Array) => void = () => undefined,
): Promise<Buffer> {
  const kept: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.byteLength
    if (length > maximumBytes) throw refuseSize(maximumBytes)
    onGrowth(length)
    kept.push(chunk)
  }
  const body = Buffer.concat(kept, length)
  kept.forEach(leave)
  return body
}

/**
 * The memory of a piece, for the next body: left to the collector, it makes that go over all that lives several times a second.
 * Smaller pieces lie in memory that Node shares out.
 */
function giveBack({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize && !buffer.detached) buffer.transfer(0)
}

const refuseSize = (maximumBytes: number) =>
  new AppError('body_too_large', { message: `The body is larger than the ${maximumBytes} bytes that this route takes, inflated.` })

/** With a status after which it is sent again: a slow network loses nothing. */
const refuseLate = () =>
  new AppError('unavailable', { message: 'The body did not arrive in time. Send it again, or in smaller parts.', retryAfterSeconds: 5 })

function refuseBroken(cause: unknown): never {
  throw new AppError('invalid_request', { message: 'The body broke off before its end. Send it again, whole.', cause })
}
