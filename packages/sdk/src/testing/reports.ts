import { type UsageClass, usageClasses } from '@keylease/shared/pricing/vector'
import { genAi, general, keylease, usageAttributes } from '@keylease/shared/semconv'

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

interface OtlpValue {
  stringValue?: string
  intValue?: string
  doubleValue?: number
  boolValue?: boolean
  arrayValue?: { values: OtlpValue[] }
}

interface OtlpSpan {
  traceId: string
  spanId: string
  attributes: { key: string; value: OtlpValue }[]
}

interface OtlpRequest {
  resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[]
}

export async function readReports(request: Request): Promise<Report[]> {
  const { resourceSpans } = (await readBody(request)) as OtlpRequest // what our own exporter wrote
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(toReport)))
}

async function readBody(request: Request): Promise<unknown> {
  if (request.headers.get('content-encoding') !== 'gzip' || !request.body) return request.json()
  return new Response(request.body.pipeThrough(new DecompressionStream('gzip'))).json()
}

function toReport({ traceId, spanId, attributes }: OtlpSpan): Report {
  const values = new Map(attributes.map(({ key, value }) => [key, readValue(value)]))
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

function readValue({ stringValue, intValue, doubleValue, boolValue, arrayValue }: OtlpValue): unknown {
  if (arrayValue) return arrayValue.values.map(readValue)
  return stringValue ?? doubleValue ?? boolValue ?? Number(intValue)
}
