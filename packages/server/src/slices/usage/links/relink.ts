import type pg from 'pg'
import type { LedgerChange } from '../contribution'
import { findContributions } from '../contribution-rows'
import { chooseBillers, type LeasedResponses } from './billing'
import type { Edge, LinkCall } from './call'
import { findEdges, findLeasedResponses, type LinkChange, saveLinks } from './rows'

interface Relinked {
  /** Ids of the calls that another event bills. */
  linked: ReadonlySet<string>
  /** Earlier calls that count no longer, or again. */
  changes: readonly LedgerChange[]
}

/** Decides anew who bills the calls of whole traces. Those that are just being written are in no sum yet. */
export async function relink(client: pg.ClientBase, calls: readonly LinkCall[], fresh: ReadonlySet<string>): Promise<Relinked> {
  const billers = await readBillers(client, calls)
  const moved = calls.flatMap(({ id, occurredAt, linkedTo }): LinkChange[] => {
    const becomes = billers.get(id) ?? null
    return becomes === linkedTo ? [] : [{ id, occurredAt, was: linkedTo, becomes }]
  })
  const known = moved.filter(({ id }) => !fresh.has(id))
  const leaving = await findContributions(client, known.filter(isLeaving))
  const saved = await saveLinks(client, moved, fresh)
  const returning = await findContributions(
    client,
    known.filter(({ id, becomes }) => becomes === null && saved.has(id)),
  )
  const changes: LedgerChange[] = [
    ...[...leaving].flatMap(([id, of]) => (saved.has(id) ? { sign: -1 as const, of } : [])),
    ...[...returning.values()].map((of) => ({ sign: 1 as const, of })),
  ]
  return { linked: new Set(calls.flatMap(({ id }) => (billers.get(id) ? [id] : []))), changes }
}

const isLeaving = ({ was, becomes }: LinkChange) => was === null && becomes !== null

async function readBillers(client: pg.ClientBase, calls: readonly LinkCall[]): Promise<Map<string, string | null>> {
  const traces = Map.groupBy(calls, ({ traceId, id }) => traceId ?? id)
  const shared = [...traces].filter(([, members]) => members.length > 1).map(([traceId]) => traceId)
  const edges = await findEdges(client, shared)
  const leased = await readLeased(client, calls)
  return new Map([...traces].flatMap(([traceId, members]) => [...chooseBillers(toTrace(members, edges.get(traceId)), leased)]))
}

const toTrace = (calls: readonly LinkCall[], edges: readonly Edge[] = []) => ({ calls, edges })

async function readLeased(client: pg.ClientBase, calls: readonly LinkCall[]): Promise<LeasedResponses> {
  const hashes = new Set(calls.flatMap(({ isLeased, responseHash }) => (isLeased ? [] : (responseHash ?? []))))
  return Map.groupBy(await findLeasedResponses(client, [...hashes]), ({ responseHash }) => responseHash)
}
