import type { ArrayColumn } from '../../platform/postgres/binary-array'

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
  /** Bytes as hex digits, here and below. */
  request_hash: string | null
  ttl_seconds: number
  longest_seconds: number
  ends_by: Date | null
  audit_id: string
  actor_name: string
  request_id: string
  salt: string
  address: string
  user_agent: string
  address_commitment: string
  user_agent_commitment: string
}

/** In the order of the arrays of keylease_reserve. */
export const requestColumns: readonly ArrayColumn<LeaseRequest>[] = [
  { type: 'text', read: (request) => request.id },
  { type: 'text', read: (request) => request.project_id },
  { type: 'text', read: (request) => request.team_id },
  { type: 'text', read: (request) => request.agent_id },
  { type: 'text', read: (request) => request.environment },
  { type: 'text', read: (request) => request.holder_kind },
  { type: 'text', read: (request) => request.holder_id },
  { type: 'text', read: (request) => request.grant_id },
  { type: 'text', read: (request) => request.provider },
  { type: 'text', read: (request) => request.key_id },
  { type: 'text', read: (request) => request.key_version_id },
  { type: 'text', read: (request) => request.delivery },
  { type: 'text', read: (request) => JSON.stringify(request.scope) },
  { type: 'text', read: (request) => request.idempotency_key },
  { type: 'bytea', read: (request) => request.request_hash },
  { type: 'integer', read: (request) => Math.min(request.ttl_seconds, request.longest_seconds) },
  { type: 'integer', read: (request) => request.longest_seconds },
  { type: 'timestamptz', read: (request) => request.ends_by },
  { type: 'text', read: (request) => request.audit_id },
  { type: 'text', read: (request) => request.actor_name },
  { type: 'text', read: (request) => request.request_id },
  { type: 'bytea', read: (request) => request.salt },
  { type: 'text', read: (request) => request.address },
  { type: 'text', read: (request) => request.user_agent },
  { type: 'bytea', read: (request) => request.address_commitment },
  { type: 'bytea', read: (request) => request.user_agent_commitment },
]
