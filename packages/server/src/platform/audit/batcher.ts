import { setTimeout as rest } from 'node:timers/promises'
import type pg from 'pg'
import type { Clock } from '../clock'
import type { Database } from '../db'
import type { ThreadLog } from '../log'
import { inTenantSql } from '../tenancy'
import { type AuditSigner, firstPreviousRoot, signCheckpoint } from './checkpoint'
import { findLastCheckpoint, insertCheckpoint, insertLeaves } from './checkpoint-rows'
import { type EntryRow, entryColumns, toEntryFacts } from './entry-rows'
import { hashOf, type Leaf, toLeaf } from './leaf'
import { computeRoot } from './merkle'

export interface BatcherRoom {
  db: Pick<Database, 'systemPool'>
  clock: Clock
  signer: AuditSigner
  log: Pick<ThreadLog, 'error'>
}

export interface BatchTuning {
  maximumEntries?: number
  /** Called between the writes of one batch, where a test pulls the plug. */
  afterStep?: (step: 'leaves' | 'checkpoint') => Promise<void>
}

const batchEntries = 1_000
const rowsAtOnce = 100
/** So many times as long as the work took: whoever waits for an answer has the processor meanwhile. */
const restShare = 3

/** Gives every committed entry of every organization its place under a signed root. */
export async function checkpointAll(room: BatcherRoom): Promise<void> {
  const found = await room.db.systemPool.query<{ id: string }>('SELECT DISTINCT organization_id AS id FROM audit_pending')
  for (const { id } of found.rows) await checkpointOrganization(room, id)
}

/** All that waits of this organization; what comes meanwhile waits for the next time, or a busy one would never end. */
export async function checkpointOrganization(room: BatcherRoom, organizationId: string, tuning: BatchTuning = {}): Promise<void> {
  const { maximumEntries = batchEntries } = tuning
  let taken = maximumEntries
  while (taken === maximumEntries) taken = await writeCheckpoint(room, organizationId, { ...tuning, maximumEntries })
}

/** Leaves, checkpoint and the end of the wait commit together, one batch of an organization at a time: every entry gets one leaf. */
async function writeCheckpoint(
  room: BatcherRoom,
  organizationId: string,
  { maximumEntries, afterStep = async () => undefined }: BatchTuning & { maximumEntries: number },
): Promise<number> {
  return inTenantSql(room.db.systemPool, organizationId, async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`keylease audit ${organizationId}`])
    const { taken, leaves } = await takeLeaves(client, maximumEntries)
    if (leaves.length < taken) room.log.error({ organizationId }, 'audit entries vanished before they had a checkpoint')
    if (leaves.length === 0) return taken
    const previous = await findLastCheckpoint(client, organizationId)
    const checkpoint = signCheckpoint(room.signer, {
      organizationId,
      number: (previous?.number ?? 0) + 1,
      size: leaves.length,
      root: computeRoot(leaves.map((leaf) => hashOf(organizationId, leaf))).toString('hex'),
      previousRoot: previous?.root ?? firstPreviousRoot,
      createdAt: room.clock.now().toISOString(),
    })
    await insertLeaves(client, organizationId, checkpoint.number, leaves)
    await afterStep('leaves')
    await insertCheckpoint(client, checkpoint)
    await afterStep('checkpoint')
    return taken
  })
}

/** A few at a time: requests do not wait for a thousand rows and their digests. */
async function takeLeaves(client: pg.ClientBase, maximum: number): Promise<{ taken: number; leaves: Leaf[] }> {
  const leaves: Leaf[] = []
  let taken = 0
  while (taken < maximum) {
    const startedAt = performance.now()
    const rows = await takePending(client, Math.min(rowsAtOnce, maximum - taken))
    taken += rows.length
    for (const row of rows.filter(isPresent)) leaves.push(toLeaf(toEntryFacts(row)))
    if (rows.length < rowsAtOnce) break
    await rest((performance.now() - startedAt) * restShare)
  }
  return { taken, leaves }
}

/** By its absence among the leaves, not by time: what commits late is taken late. */
async function takePending(client: pg.ClientBase, maximum: number): Promise<(EntryRow | VanishedRow)[]> {
  const found = await client.query<EntryRow | VanishedRow>(
    `WITH taken AS (
       DELETE FROM audit_pending WHERE organization_id = (SELECT keylease_organization()) AND entry_id = ANY (ARRAY(
         SELECT entry_id FROM audit_pending WHERE organization_id = (SELECT keylease_organization()) ORDER BY entry_id LIMIT $1))
       RETURNING organization_id, occurred_at, entry_id
     )
     SELECT ${entryColumns} FROM taken LEFT JOIN LATERAL (SELECT * FROM audit_entry
       WHERE organization_id = taken.organization_id AND occurred_at = taken.occurred_at AND id = taken.entry_id LIMIT 1) e ON true
     ORDER BY e.occurred_at, e.id`,
    [maximum],
  )
  return found.rows
}

type VanishedRow = Record<keyof EntryRow, null>

const isPresent = (row: EntryRow | VanishedRow): row is EntryRow => row.id !== null
