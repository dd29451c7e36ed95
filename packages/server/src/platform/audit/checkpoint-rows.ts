import type pg from 'pg'
import type { Checkpoint } from './checkpoint'
import type { Leaf } from './leaf'

export const checkpointColumns = 'organization_id, number, size, root, previous_root, created_at, key_version, public_key, signature'

export interface CheckpointRow {
  organization_id: string
  number: number
  size: number
  root: Buffer
  previous_root: Buffer
  created_at: Date
  key_version: number
  public_key: Buffer
  signature: Buffer
}

export const toCheckpoint = (row: CheckpointRow): Checkpoint => ({
  organizationId: row.organization_id,
  number: row.number,
  size: row.size,
  root: row.root.toString('hex'),
  previousRoot: row.previous_root.toString('hex'),
  createdAt: row.created_at.toISOString(),
  keyVersion: row.key_version,
  publicKey: row.public_key.toString('hex'),
  signature: row.signature.toString('hex'),
})

export async function insertCheckpoint(client: pg.ClientBase, checkpoint: Checkpoint): Promise<void> {
  await client.query(
    `INSERT INTO audit_checkpoint (${checkpointColumns})
     VALUES ($1, $2, $3, decode($4, 'hex'), decode($5, 'hex'), $6, $7, decode($8, 'hex'), decode($9, 'hex'))`,
    [
      checkpoint.organizationId,
      checkpoint.number,
      checkpoint.size,
      checkpoint.root,
      checkpoint.previousRoot,
      checkpoint.createdAt,
      checkpoint.keyVersion,
      checkpoint.publicKey,
      checkpoint.signature,
    ],
  )
}

export async function insertLeaves(client: pg.ClientBase, organizationId: string, number: number, leaves: readonly Leaf[]): Promise<void> {
  await client.query(
    `INSERT INTO audit_leaf (organization_id, checkpoint, index, entry_id, occurred_at, digest)
     SELECT $1, $2, ord - 1, entry_id, occurred_at, decode(digest, 'hex')
     FROM unnest($3::text[], $4::timestamptz[], $5::text[]) WITH ORDINALITY AS given (entry_id, occurred_at, digest, ord)`,
    [organizationId, number, leaves.map((leaf) => leaf.entryId), leaves.map((leaf) => leaf.occurredAt), leaves.map((leaf) => leaf.digest)],
  )
}

export async function findLastCheckpoint(client: pg.ClientBase, organizationId: string): Promise<Checkpoint | null> {
  const found = await client.query<CheckpointRow>(
    `SELECT ${checkpointColumns} FROM audit_checkpoint WHERE organization_id = $1 ORDER BY number DESC LIMIT 1`,
    [organizationId],
  )
  return found.rows[0] ? toCheckpoint(found.rows[0]) : null
}
