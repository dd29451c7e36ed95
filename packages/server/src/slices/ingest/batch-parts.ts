import type { ObservedCall } from './dialects/call'
import type { LeasedCall } from './dialects/keylease'
import type { ReadBatch } from './read-batch'

/** How many calls one thread takes from another at once: a few milliseconds of its event loop. */
const partSize = 500

/** A batch in pieces, in the same order when they are joined. */
export function* splitBatch({ leased, observed, ...rest }: ReadBatch): Generator<ReadBatch> {
  yield { ...rest, leased: leased.slice(0, partSize), observed: [] }
  const nothing = { edges: [], dropped: 0, malformed: 0 }
  for (let at = partSize; at < leased.length; at += partSize) yield { ...nothing, leased: leased.slice(at, at + partSize), observed: [] }
  for (let at = 0; at < observed.length; at += partSize) yield { ...nothing, leased: [], observed: observed.slice(at, at + partSize) }
}

/** Adds a piece that came from another thread. */
export function joinBatch(batch: ReadBatch, part: ReadBatch): void {
  mapIds(part, (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  batch.leased.push(...part.leased)
  batch.observed.push(...part.observed)
  batch.edges.push(...part.edges)
  batch.dropped += part.dropped
  batch.malformed += part.malformed
}

/** Every id in a memory of its own: what is cloned takes along all of the memory that it is a view of. */
export const detachIds = (batch: ReadBatch) => mapIds(batch, (bytes) => Buffer.from(new Uint8Array(bytes).buffer))

/** Between threads a Buffer becomes a plain array of bytes; here is the one place that knows where they stand. */
function mapIds(batch: ReadBatch, convert: (bytes: Uint8Array) => Buffer): void {
  for (const call of batch.leased) {
    mapCallIds(call, convert)
    if (call.relations?.parentSpanId) call.relations.parentSpanId = convert(call.relations.parentSpanId)
  }
  for (const call of batch.observed) {
    mapCallIds(call, convert)
    call.parentSpanId &&= convert(call.parentSpanId)
  }
  for (const edge of batch.edges) {
    edge.traceId = convert(edge.traceId)
    edge.spanId = convert(edge.spanId)
    edge.parentSpanId = convert(edge.parentSpanId)
  }
}

function mapCallIds(call: LeasedCall | ObservedCall, convert: (bytes: Uint8Array) => Buffer): void {
  call.traceId &&= convert(call.traceId)
  call.spanId &&= convert(call.spanId)
  const { identity } = call
  if (identity.kind === 'record') identity.digest = convert(identity.digest)
  if (identity.kind !== 'span') return
  identity.traceId = convert(identity.traceId)
  identity.spanId = convert(identity.spanId)
}
