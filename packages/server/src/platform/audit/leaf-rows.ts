import type pg from 'pg'
import { type CheckpointRow, checkpointColumns } from './checkpoint-rows'
import { type EntryRow, entryColumns } from './entry-rows'
import type { Leaf } from './leaf'

export interface LeafRow {
  checkpoint: number
  index: number
  entry_id: string
  leaf_occurred_at: Date
  digest: Buffer
}

/** A leaf with its entry and what that entry's commitments open to, as far as they are still there. */
export type ProvenRow = LeafRow & { [K in keyof EntryRow]: EntryRow[K] | null } & PersonalRow

export interface PersonalRow {
  salt: Buffer | null
  address: string | null
  user_agent: string | null
}

export type StrayRow = EntryRow & PersonalRow

export interface CheckpointRange {
  first: number | null
  last: number | null
}

const leafColumns = 'l.checkpoint, l.index, l.entry_id, l.occurred_at AS leaf_occurred_at, l.digest'

export async function findLeafRow(client: pg.ClientBase, organizationId: string, entryId: string): Promise<LeafRow | null> {
  const found = await client.query<LeafRow>(`SELECT ${leafColumns} FROM audit_leaf l WHERE organization_id = $1 AND entry_id = $2`, [
    organizationId,
    entryId,
  ])
  return found.rows[0] ?? null
}

export async function listLeafRows(client: pg.ClientBase, organizationId: string, checkpoint: number): Promise<LeafRow[]> {
  const found = await client.query<LeafRow>(
    `SELECT ${leafColumns} FROM audit_leaf l WHERE organization_id = $1 AND checkpoint = $2 ORDER BY index`,
    [organizationId, checkpoint],
  )
  return found.rows
}

/** From the first to the last checkpoint that was made, or holds something that happened, in this time. */
export async function findCheckpointRange(
  client: pg.ClientBase,
  organizationId: string,
  from: string | null,
  to: string | null,
): Promise<CheckpointRange> {
  const within = (column: string) =>
    `organization_id = $1 AND ${column} >= coalesce($2::timestamptz, '-infinity') AND ${column} < coalesce($3::timestamptz, 'infinity')`
  const found = await client.query<CheckpointRange>(
    `SELECT min(number) AS first, max(number) AS last FROM (
       SELECT number FROM audit_checkpoint WHERE ${within('created_at')}
       UNION ALL SELECT checkpoint FROM audit_leaf WHERE ${within('occurred_at')}) AS held`,
    [organizationId, from, to],
  )
  return found.rows[0] ?? { first: null, last: null }
}

export async function listCheckpointsBetween(
  client: pg.ClientBase,
  organizationId: string,
  from: number,
  to: number,
): Promise<CheckpointRow[]> {
  const found = await client.query<CheckpointRow>(
    `SELECT ${checkpointColumns} FROM audit_checkpoint WHERE organization_id = $1 AND number BETWEEN $2 AND $3 ORDER BY number`,
    [organizationId, from, to],
  )
  return found.rows
}

export async function listProvenRows(
  client: pg.ClientBase,
  organizationId: string,
  place: { checkpoint: number; index: number; last: number; take: number },
): Promise<ProvenRow[]> {
  const found = await client.query<ProvenRow>(
    `SELECT ${leafColumns}, ${entryColumns}, p.salt, p.address, p.user_agent FROM audit_leaf l
     LEFT JOIN audit_entry e ON e.organization_id = l.organization_id AND e.occurred_at = l.occurred_at AND e.id = l.entry_id
     LEFT JOIN audit_personal p ON p.organization_id = l.organization_id AND p.entry_id = l.entry_id
     WHERE l.organization_id = $1 AND (l.checkpoint, l.index) > ($2, $3) AND l.checkpoint <= $4 ORDER BY l.checkpoint, l.index LIMIT $5`,
    [organizationId, place.checkpoint, place.index, place.last, place.take],
  )
  return found.rows
}

/** Entries that neither have a leaf nor wait for one: they did not come through this service. */
export async function listStrayRows(
  client: pg.ClientBase,
  organizationId: string,
  place: { from: string | null; to: string | null; after: Pick<Leaf, 'occurredAt' | 'entryId'>; take: number },
): Promise<StrayRow[]> {
  const found = await client.query<StrayRow>(
    `SELECT ${entryColumns}, p.salt, p.address, p.user_agent FROM audit_entry e
     LEFT JOIN audit_personal p ON p.organization_id = e.organization_id AND p.entry_id = e.id
     WHERE e.organization_id = $1 AND e.occurred_at >= coalesce($2::timestamptz, '-infinity') AND e.occurred_at < coalesce($3::timestamptz, 'infinity')
       AND (e.occurred_at, e.id) > ($4::timestamptz, $5)
       AND NOT EXISTS (SELECT FROM audit_leaf l WHERE l.organization_id = e.organization_id AND l.entry_id = e.id AND l.occurred_at = e.occurred_at)
       AND NOT EXISTS (SELECT FROM audit_pending w WHERE w.organization_id = e.organization_id AND w.entry_id = e.id)
     ORDER BY e.occurred_at, e.id LIMIT $6`,
    [organizationId, place.from, place.to, place.after.occurredAt, place.after.entryId, place.take],
  )
  return found.rows
}
