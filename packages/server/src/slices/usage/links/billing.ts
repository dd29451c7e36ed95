import type { LeasedResponse, LinkCall, Trace } from './call'
import { toModelName } from './model'
import { findDescendants } from './tree'

interface Known {
  call: LinkCall
  models: ReadonlySet<string>
  below: readonly Known[]
}

/** Leased calls by the response that they brought. */
export type LeasedResponses = ReadonlyMap<string, readonly LeasedResponse[]>

const dayMs = 86_400_000

/**
 * Which event bills each call of a trace that has no lease; null is itself. It depends on what is known of the trace and, only where reports of one
 * answer stand side by side, on which of them bills already: so the order in which they came does not matter.
 */
export function chooseBillers(trace: Trace, leased: LeasedResponses): Map<string, string | null> {
  const [only, ...others] = trace.calls
  if (only && others.length === 0 && !only.isLeased) return new Map([[only.id, findLeased([only], leased)]])
  const observed = relate(trace).filter(({ call }) => !call.isLeased)
  const covers = new Map<string, string | null>()
  for (const group of groupByResponse(observed)) coverGroup(group, leased, covers)
  return new Map(observed.map(({ call: { id } }) => [id, follow(id, covers)]))
}

function relate(trace: Trace): Known[] {
  const descendants = findDescendants(trace)
  const known = new Map(
    trace.calls.map((call) => {
      const models = new Set(call.models.flatMap((model) => (model === null ? [] : toModelName(model))))
      const below: Known[] = []
      return [call.id, { call, models, below }]
    }),
  )
  for (const [id, one] of known) {
    for (const lower of [...(descendants.get(id) ?? [])].sort()) {
      const found = known.get(lower)
      if (found) one.below.push(found)
    }
  }
  return [...known.values()]
}

/** Reports that name one response tell of one call. */
function groupByResponse(known: readonly Known[]): ReadonlySet<Known>[] {
  const groups = Map.groupBy(known, ({ call }) => call.responseHash ?? `alone ${call.id}`)
  return [...groups.values()].map((group) => new Set(group))
}

function coverGroup(group: ReadonlySet<Known>, leased: LeasedResponses, covers: Map<string, string | null>): void {
  const lease = findLeased(
    [...group].map(({ call }) => call),
    leased,
  )
  const innermost = [...group].filter((one) => !one.below.some((lower) => group.has(lower)))
  const candidates = (innermost.length > 0 ? innermost : [...group]).map((one) => ({ one, cover: lease ?? findCover(one, group) }))
  const [chosen] = candidates.sort((a, b) => rank(a) - rank(b) || compareIds(a.one, b.one))
  if (!chosen) return
  for (const { call } of group) covers.set(call.id, call.id === chosen.one.call.id ? chosen.cover : (lease ?? chosen.one.call.id))
}

/** What something inside of it tells is told already; else who bills goes on. */
const rank = ({ one, cover }: { one: Known; cover: string | null }) => (cover !== null ? 0 : one.call.linkedTo === null ? 1 : 2)
const compareIds = (a: Known, b: Known) => (a.call.id < b.call.id ? -1 : 1)

function findLeased(calls: readonly LinkCall[], leased: LeasedResponses): string | null {
  const ids = calls.flatMap(({ responseHash, occurredAt }) => {
    const same = leased.get(responseHash ?? '') ?? []
    return same.filter((one) => Math.abs(one.occurredAt.getTime() - occurredAt.getTime()) <= dayMs).map(({ id }) => id)
  })
  const held = calls.map(({ linkedTo }) => linkedTo).find((id) => id !== null && ids.includes(id))
  return held ?? ids.sort()[0] ?? null
}

/** A call inside that tells of the same: of the same model, or anything at all where this one only stands for what is inside. */
function findCover({ call, models, below }: Known, group: ReadonlySet<Known>): string | null {
  const inside = below.filter((one) => !group.has(one) && (one.call.hasUse || !call.hasUse))
  const same = call.isContainer ? inside : inside.filter((one) => isBillable(one) && !models.isDisjointFrom(one.models))
  return same[0]?.call.id ?? null
}

/** What stands for others bills only where there are none. */
const isBillable = ({ call, below }: Known) => !call.isContainer || !below.some((one) => one.call.hasUse)

/** To the end of the chain. Hostile spans may name one another in a circle: one of them bills. */
function follow(start: string, covers: ReadonlyMap<string, string | null>): string | null {
  const seen: string[] = []
  for (let id = start; ; ) {
    const next = covers.get(id) ?? null
    if (next === null) return id === start ? null : id
    const at = seen.indexOf(id)
    if (at >= 0) return breakCircle(start, seen.slice(at))
    seen.push(id)
    id = next
  }
}

function breakCircle(start: string, circle: readonly string[]): string | null {
  const biller = [...circle].sort()[0] ?? null
  return biller === start ? null : biller
}
