/** How an OTLP body and its answer are written. */
export type OtlpEncoding = 'protobuf' | 'json'

/** What the body is, by its content type; null where this receiver does not take it. */
export function readEncoding(contentType: string | undefined): OtlpEncoding | null {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/x-protobuf') return 'protobuf'
  return type === 'application/json' ? 'json' : null
}

export const contentTypes = { protobuf: 'application/x-protobuf', json: 'application/json' } as const
