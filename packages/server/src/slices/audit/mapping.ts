import type { AuditRecord, ProvenAuditRecord } from '@keylease/shared/contracts/audit'
import type { CheckpointRow } from '../../platform/audit/checkpoint-rows'
import { toCheckpoint } from '../../platform/audit/checkpoint-rows'
import { hashOf } from '../../platform/audit/leaf'
import type { LeafRow } from '../../platform/audit/leaf-rows'
import { proveInclusion } from '../../platform/audit/merkle'
import type { AuditEntryRow, SecurityEventRow } from './queries'

export const toEntryRecord = (row: AuditEntryRow): AuditRecord => ({
  id: row.id,
  kind: 'audit',
  occurredAt: row.occurred_at.toISOString(),
  lastAt: row.occurred_at.toISOString(),
  count: 1,
  actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
  action: row.action,
  resource: { kind: row.resource_kind, id: row.resource_id },
  requestId: row.request_id,
  before: row.before,
  after: row.after,
  detail: {},
  address: row.address,
  userAgent: row.user_agent,
})

export const toEventRecord = (row: SecurityEventRow): AuditRecord => ({
  id: row.id,
  kind: 'security',
  occurredAt: row.occurred_at.toISOString(),
  lastAt: row.last_at.toISOString(),
  count: row.count,
  actor: row.actor_id === null ? null : { kind: row.actor_kind ?? '', id: row.actor_id, name: row.actor_name ?? '' },
  action: row.kind,
  resource: row.resource_id === null ? null : { kind: row.resource_kind ?? '', id: row.resource_id },
  requestId: row.request_id,
  before: null,
  after: null,
  detail: row.detail,
  address: row.address,
  userAgent: row.user_agent,
})

/** The leaves of its checkpoint, in order, prove where the entry stands. */
export function toProof(leaf: LeafRow, checkpoint: CheckpointRow, leaves: readonly LeafRow[]): ProvenAuditRecord['proof'] {
  const hashes = leaves.map((row) =>
    hashOf(checkpoint.organization_id, {
      entryId: row.entry_id,
      occurredAt: row.leaf_occurred_at.toISOString(),
      digest: row.digest.toString('hex'),
    }),
  )
  return {
    checkpoint: toCheckpoint(checkpoint),
    index: leaf.index,
    digest: leaf.digest.toString('hex'),
    path: proveInclusion(hashes, leaf.index).map((hash) => hash.toString('hex')),
  }
}
