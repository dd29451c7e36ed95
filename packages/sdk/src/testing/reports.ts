import { type UsageClass, usageClasses } from '@keylease/shared/pricing/vector'
import { genAi, general, keylease, usageAttributes } from '@keylease/shared/semconv'
import { readSpans, type WrittenSpan } from './spans'

/** One call as the service would have it. */
export interface Report {
  leaseId: string
  sequence: number
  traceId: string
  spanId: string
  provider: string
  operation: string
  model: string | null
  status: string
  httpStatus: number | null
  quality: string
  usage: Partial<Record<UsageClass, number>>
  responseId: string | null
  conversation: string | null
  user: string | null
  tags: string[]
}

export const readReports = async (request: Request): Promise<Report[]> => readSpans(await readBody(request)).map(toReport)

interface Runtime {
  process?: { getBuiltinModule?(name: string): { zstdDecompressSync?(bytes: Uint8Array): Uint8Array } | undefined }
}

/** As the exporter of this very runtime packed it. */
async function readBody({ headers, body }: Request): Promise<Uint8Array> {
  const encoding = headers.get('content-encoding')
  const unpacked = encoding === 'gzip' ? body?.pipeThrough(new DecompressionStream('gzip')) : body
  const bytes = new Uint8Array(await new Response(unpacked ?? null).arrayBuffer())
  const zlib = encoding === 'zstd' ? (globalThis as Runtime).process?.getBuiltinModule?.('node:zlib') : undefined
  return zlib?.zstdDecompressSync?.(bytes) ?? bytes
}

function toReport({ traceId, spanId, attributes }: WrittenSpan): Report {
  const values = new Map(Object.entries(attributes))
  const text = (key: string) => {
    const value = values.get(key)
    return typeof value === 'string' ? value : null
  }
  const number = (key: string) => Number(values.get(key) ?? 0)
  const tags = values.get(keylease.tags)
  return {
    leaseId: text(keylease.leaseId) ?? '',
    sequence: number(keylease.sequence),
    traceId,
    spanId,
    provider: text(keylease.provider) ?? '',
    operation: text(keylease.operation) ?? '',
    model: text(genAi.requestModel),
    status: text(keylease.status) ?? '',
    httpStatus: values.has(general.statusCode) ? number(general.statusCode) : null,
    quality: text(keylease.quality) ?? '',
    usage: Object.fromEntries(
      usageClasses.flatMap((name) => (values.has(usageAttributes[name]) ? [[name, number(usageAttributes[name])]] : [])),
    ),
    responseId: text(genAi.responseId),
    conversation: text(genAi.conversationId),
    user: text(general.userId),
    tags: Array.isArray(tags) ? tags.map(String) : [],
  }
}
