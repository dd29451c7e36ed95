import { Fields } from './fields'

export type SpanValue = string | number | boolean | readonly SpanValue[]

/** What our own exporter writes of a call. */
export interface WrittenSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  status: { code?: number; message?: string }
  attributes: Record<string, SpanValue>
}

/** The spans of an ExportTraceServiceRequest in protobuf. */
export const readSpans = (body: Uint8Array): WrittenSpan[] =>
  new Fields(body).messages(1).flatMap((resource) => resource.messages(2).flatMap((scope) => scope.messages(2).map(toSpan)))

function toSpan(span: Fields): WrittenSpan {
  const [status] = span.messages(15)
  const message = status?.text(2)
  const code = status?.number(3)
  const parentSpanId = span.hex(4)
  return {
    traceId: span.hex(1),
    spanId: span.hex(2),
    ...(parentSpanId !== '' && { parentSpanId }),
    name: span.text(5) ?? '',
    kind: span.number(6) ?? 0,
    startTimeUnixNano: span.fixed(7),
    endTimeUnixNano: span.fixed(8),
    status: { ...(code !== undefined && { code }), ...(message !== undefined && { message }) },
    attributes: Object.fromEntries(span.messages(9).map((attribute) => [attribute.text(1) ?? '', toValue(attribute.messages(2)[0])])),
  }
}

function toValue(value: Fields | undefined): SpanValue {
  const flag = value?.number(2)
  const array = value?.messages(5)[0]
  if (array) return array.messages(1).map(toValue)
  if (flag !== undefined) return flag === 1
  return value?.text(1) ?? value?.number(3) ?? value?.double(4) ?? ''
}
