import type pg from 'pg'
import { toBinaryArrays } from '../../platform/postgres/binary-array'
import { type LeaseRequest, requestColumns } from './lease-request'

/** The lease that an Idempotency-Key was given before. */
export interface RepeatedLease {
  id: string
  issued_at: string
  expires_at: string
  status: string
  /** As Postgres writes bytes in JSON. */
  request_hash: string
  project_id: string
  environment: string
  grant_id: string
  key_id: string
  key_version_id: string
  delivery: 'gateway' | 'direct'
  scope: unknown
}

/** Times in milliseconds. */
export type ReserveAnswer =
  | { id: string; issuedAt: number; expiresAt: number }
  | { repeated: RepeatedLease }
  | { fault: 'holder_ended' | 'limit' | 'again' }

export interface ReserveCall {
  organizationId: string
  policyVersion: string
  now: Date
  limit: number
  requests: readonly LeaseRequest[]
}

interface Written {
  stale?: true
  issuedAt: number
  issued: string[] | null
  expiries: number[] | null
  others: (ReserveAnswer & { id: string })[]
}

const parameters = Array.from({ length: 9 + requestColumns.length }, (_, index) => `$${index + 1}`)
const text = `SELECT keylease_reserve(${parameters.join(', ')}) AS answer`

/** One call, one transaction. Null: the policy has changed since it was read. */
export async function callReserve(pool: pg.Pool, call: ReserveCall): Promise<ReserveAnswer[] | null> {
  const found = await pool.query<{ answer: Written }>({ name: 'keylease_reserve', text, values: toValues(call) })
  const answer = found.rows[0]?.answer
  if (!answer || answer.stale) return null
  const { issuedAt, issued, expiries, others } = answer
  const byId = new Map<string, ReserveAnswer>(others.map((other) => [other.id, other]))
  for (const [index, id] of (issued ?? []).entries()) byId.set(id, { id, issuedAt, expiresAt: expiries?.[index] ?? issuedAt })
  return call.requests.map(({ id }) => byId.get(id) ?? { fault: 'again' })
}

function toValues({ organizationId, policyVersion, now, limit, requests }: ReserveCall): unknown[] {
  const sent = keepFirstOfEachKey(requests)
  const agents = [...Map.groupBy(sent, ({ agent_id }) => agent_id)].toSorted(([one], [other]) => (one < other ? -1 : 1))
  const names = agents.map(([agentId]) => agentId)
  const counts = agents.map(([, { length }]) => length)
  const ends = sent.flatMap(({ ends_by }) => (ends_by === null ? [] : [ends_by.getTime()]))
  const firstEnd = ends.length === 0 ? null : new Date(Math.min(...ends))
  return [organizationId, policyVersion, now, limit, firstEnd, names, counts, ...listHolders(sent), ...toBinaryArrays(sent, requestColumns)]
}

/** Of several with one Idempotency-Key the first is issued; the others ask again, and find it. */
function keepFirstOfEachKey(requests: readonly LeaseRequest[]): LeaseRequest[] {
  const seen = new Set<string>()
  return requests.filter(({ holder_id, idempotency_key }) => {
    if (idempotency_key === null) return true
    const name = `${holder_id} ${idempotency_key}`
    return !seen.has(name) && seen.add(name)
  })
}

/** Platform keys, then trust rules. What is neither stands with the keys, where the database finds none of that name. */
function listHolders(requests: readonly LeaseRequest[]): [string[], string[]] {
  const { rules = [], keys = [] } = Object.groupBy(requests, ({ holder_kind }) => (holder_kind === 'workload' ? 'rules' : 'keys'))
  return [toIds(keys), toIds(rules)]
}

const toIds = (requests: readonly LeaseRequest[]) => [...new Set(requests.map(({ holder_id }) => holder_id))]
