import type pg from 'pg'

/** One lease as keylease_reserve takes it. */
export interface LeaseRequest {
  id: string
  project_id: string
  team_id: string | null
  agent_id: string
  environment: string
  holder_kind: string
  holder_id: string
  grant_id: string
  provider: string
  key_id: string
  key_version_id: string
  delivery: string
  scope: object
  idempotency_key: string | null
  request_hash: string | null
  ttl_seconds: number
  longest_seconds: number
  ends_by: string | null
  audit_id: string
  actor_name: string
  request_id: string
  salt: string
  address: string
  user_agent: string
  address_commitment: string
  user_agent_commitment: string
}

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

export type ReserveAnswer =
  | { id: string; issuedAt: string; expiresAt: string }
  | { repeated: RepeatedLease }
  | { fault: 'holder_ended' | 'limit' | 'again' }

export interface ReserveCall {
  organizationId: string
  policyVersion: string
  now: Date
  limit: number
  requests: readonly LeaseRequest[]
}

/** One call, one transaction. Null: the policy has changed since it was read. */
export async function callReserve(pool: pg.Pool, call: ReserveCall): Promise<ReserveAnswer[] | null> {
  const found = await pool.query<{ answer: { answers?: (ReserveAnswer & { id: string })[] } }>({
    name: 'keylease_reserve',
    text: 'SELECT keylease_reserve($1::jsonb) AS answer',
    values: [JSON.stringify(call)],
  })
  const { answers } = found.rows[0]?.answer ?? {}
  if (!answers) return null
  const byId = new Map(answers.map((answer) => [answer.id, answer]))
  return call.requests.map(({ id }) => byId.get(id) ?? { fault: 'again' })
}
