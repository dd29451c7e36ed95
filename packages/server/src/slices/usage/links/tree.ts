import type { LinkCall, Trace } from './call'

/** Chains of spans are followed so far: real ones are shorter, hostile ones end. */
const deepest = 256

/** Who stands below whom: by the id of a call, the ids of the calls of its trace that are somewhere below it. */
export function findDescendants({ calls, edges }: Trace): Map<string, Set<string>> {
  const parents = new Map<string, string[]>()
  const add = (spanId: string, parentId: string | null) => {
    if (parentId !== null && parentId !== spanId) parents.set(spanId, [...(parents.get(spanId) ?? []), parentId])
  }
  for (const { spanId, parentId } of edges) add(spanId, parentId)
  const bySpan = new Map<string, string>()
  for (const call of calls) {
    if (call.spanId === null || isInside(call)) continue
    bySpan.set(call.spanId, call.id)
    add(call.spanId, call.parentId)
  }
  const ancestors = new Map(calls.map((call) => [call.id, findAncestors(call, parents, bySpan)]))
  const descendants = new Map(calls.map((call) => [call.id, new Set<string>()]))
  for (const [id, above] of ancestors) {
    // Spans that claim to be above one another are not related.
    for (const one of above) if (!ancestors.get(one)?.has(id)) descendants.get(one)?.add(id)
  }
  return descendants
}

/** A log record has no span of its own: it stands inside the one that it names. */
const isInside = ({ spanId, parentId }: LinkCall) => spanId === parentId

function findAncestors(call: LinkCall, parents: ReadonlyMap<string, readonly string[]>, bySpan: ReadonlyMap<string, string>): Set<string> {
  const start = isInside(call) ? call.parentId : null
  const spans = new Set(start === null ? (parents.get(call.spanId ?? '') ?? []) : [start])
  const found = new Set<string>()
  for (const span of spans) {
    const id = bySpan.get(span)
    if (id !== undefined && id !== call.id) found.add(id)
    if (spans.size < deepest) for (const parent of parents.get(span) ?? []) spans.add(parent)
  }
  return found
}
