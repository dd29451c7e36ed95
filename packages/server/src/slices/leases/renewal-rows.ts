import type pg from 'pg'
import type { Restrictions } from '../grants/service'

/** One renewal as keylease_renew takes it; with a policy version where that was asked again. */
export interface RenewRequest {
  id: string
  agent_id: string
  holder_kind: string
  holder_id: string
  ttl_seconds: number
  /** Null: as it was when the lease was issued. */
  longest_seconds: number | null
  ends_by: string | null
  opened_through: number | null
  open_intents: unknown
  policy_version: string | null
}

/** The row of a lease, as Postgres writes it in JSON. */
export interface LeaseJson {
  id: string
  project_id: string
  agent_id: string
  holder_id: string
  grant_id: string
  provider: string
  key_id: string
  key_version_id: string
  delivery: 'gateway' | 'direct'
  scope: Restrictions
  issued_at: string
  expires_at: string
}

export type RenewAnswer =
  | { renewed: LeaseJson }
  | { fault: 'ask'; lease: LeaseJson }
  | { fault: 'absent' | 'holder_ended' | 'released' | 'expired' | 'revoked' }

export interface RenewCall {
  organizationId: string
  now: Date
  requests: readonly RenewRequest[]
}

export async function callRenew(pool: pg.Pool, call: RenewCall): Promise<RenewAnswer[]> {
  const requests = call.requests.map((request, place) => ({ ...request, place }))
  const found = await pool.query<{ answer: { answers: (RenewAnswer & { place: number })[] } }>({
    name: 'keylease_renew',
    text: 'SELECT keylease_renew($1::jsonb) AS answer',
    values: [JSON.stringify({ ...call, requests })],
  })
  const answers = found.rows[0]?.answer.answers ?? []
  return answers.sort((one, other) => one.place - other.place)
}
