import { createGunzip, createZstdDecompress } from 'node:zlib'
import { AppError } from '../../../platform/errors'

export type OtlpEncoding = 'protobuf' | 'json'

const inflaters = { gzip: createGunzip, zstd: createZstdDecompress } as const

/** What the body is, by its content type; null where this receiver does not take it. */
export function readEncoding(contentType: string | undefined): OtlpEncoding | null {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/x-protobuf') return 'protobuf'
  return type === 'application/json' ? 'json' : null
}

export const contentTypes = { protobuf: 'application/x-protobuf', json: 'application/json' } as const

/** The body, inflated as it arrives; it is refused as soon as either form of it is larger than the cap. */
export async function readOtlpBody(request: Request, maximumBytes: number): Promise<Buffer> {
  const coding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > maximumBytes) throw refuseSize(maximumBytes)
  if (!request.body) return Buffer.alloc(0)
  if (coding === 'identity' || coding === '') return collect(request.body, maximumBytes)
  if (!Object.hasOwn(inflaters, coding)) {
    throw new AppError('unsupported_media_type', { message: 'Send the body as it is, or with Content-Encoding gzip or zstd.' })
  }
  const inflate = inflaters[coding as keyof typeof inflaters]() // one of its own names
  return inflateAll(request.body, inflate, maximumBytes)
}

async function inflateAll(
  body: ReadableStream<Uint8Array>,
  inflate: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
  maximumBytes: number,
): Promise<Buffer> {
  const feeding = feed(body, inflate)
  try {
    const inflated = await collect(inflate, maximumBytes)
    await feeding
    return inflated
  } catch (cause) {
    inflate.destroy()
    await feeding.catch(() => undefined)
    if (cause instanceof AppError) throw cause
    throw new AppError('invalid_request', {
      message: 'The body does not inflate: it is cut short or not what Content-Encoding says.',
      cause,
    })
  }
}

async function feed(body: ReadableStream<Uint8Array>, into: NodeJS.WritableStream & { destroyed: boolean }): Promise<void> {
  for await (const chunk of body) {
    if (into.destroyed) return
    if (!into.write(chunk)) await new Promise<void>((resolve) => void into.once('drain', resolve).once('close', resolve))
  }
  if (!into.destroyed) into.end()
}

async function collect(chunks: AsyncIterable<Uint8Array>, maximumBytes: number): Promise<Buffer> {
  const kept: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.byteLength
    if (length > maximumBytes) throw refuseSize(maximumBytes)
    kept.push(chunk)
  }
  return Buffer.concat(kept, length)
}

const refuseSize = (maximumBytes: number) =>
  new AppError('body_too_large', { message: `The body is larger than the ${maximumBytes} bytes that this route takes, inflated.` })
