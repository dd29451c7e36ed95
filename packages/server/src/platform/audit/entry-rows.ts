import type { EntryFacts } from './leaf'

/** The columns of an audit entry that its digest covers, as SQL selects them from `e`. */
export const entryColumns = `e.organization_id, e.id, e.occurred_at, e.actor_kind, e.actor_id, e.actor_name, e.action, e.resource_kind,
  e.resource_id, e.request_id, e.before, e.after, e.address_commitment, e.user_agent_commitment`

export interface EntryRow {
  organization_id: string
  id: string
  occurred_at: Date
  actor_kind: string
  actor_id: string
  actor_name: string
  action: string
  resource_kind: string
  resource_id: string
  request_id: string
  before: unknown
  after: unknown
  address_commitment: Buffer
  user_agent_commitment: Buffer
}

export const toEntryFacts = (row: EntryRow): EntryFacts => ({
  organizationId: row.organization_id,
  id: row.id,
  occurredAt: row.occurred_at.toISOString(),
  actorKind: row.actor_kind,
  actorId: row.actor_id,
  actorName: row.actor_name,
  action: row.action,
  resourceKind: row.resource_kind,
  resourceId: row.resource_id,
  requestId: row.request_id,
  before: row.before,
  after: row.after,
  addressCommitment: row.address_commitment.toString('hex'),
  userAgentCommitment: row.user_agent_commitment.toString('hex'),
})
