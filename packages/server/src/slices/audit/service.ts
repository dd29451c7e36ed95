import type {
  AuditCheckpointPage,
  AuditPage,
  AuditRecord,
  ExportAudit,
  ListAuditRecords,
  ProvenAuditRecord,
} from '@keylease/shared/contracts/audit'
import type pg from 'pg'
import type { Deps } from '../../deps'
import { writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import { checkpointOrganization } from '../../platform/audit/batcher'
import { createAuditSigner } from '../../platform/audit/checkpoint'
import { toCheckpoint } from '../../platform/audit/checkpoint-rows'
import { readExportItems } from '../../platform/audit/export-items'
import type { ExportHeader } from '../../platform/audit/export-record'
import { writeExport } from '../../platform/audit/export-writer'
import { findCheckpointRange, findLeafRow, listCheckpointsBetween, listLeafRows } from '../../platform/audit/leaf-rows'
import { findRetainedFrom } from '../../platform/audit/retention'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { readKeyCursor, toKeyPage } from '../../platform/page'
import { inTenantSql } from '../../platform/tenancy'
import { toEntryRecord, toEventRecord, toProof } from './mapping'
import {
  countCheckpointRows,
  countEntryRows,
  countEventRows,
  findEntryRow,
  listCheckpointRows,
  listEntryRows,
  listEventRows,
} from './queries'

const recordCursor = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ((?:aud|sec)_[0-9a-z]{26})$/
const checkpointCursor = /^checkpoint (\d{1,9})$/

export function listAuditPage(deps: Deps, actor: Actor, query: ListAuditRecords): Promise<AuditPage> {
  const [occurredAt, id] = readKeyCursor(recordCursor, query.cursor) ?? []
  const place = { after: occurredAt && id ? { occurredAt, id } : null, take: query.limit + 1 }
  const { organizationId } = actor
  return readSql(deps, actor, async (client) => {
    const hasEntries = query.kind !== 'security'
    const hasEvents = query.kind !== 'audit'
    const entries = hasEntries ? (await listEntryRows(client, organizationId, query, place)).map(toEntryRecord) : []
    const events = hasEvents ? (await listEventRows(client, organizationId, query, place)).map(toEventRecord) : []
    const counts = [
      hasEntries ? await countEntryRows(client, organizationId, query) : 0,
      hasEvents ? await countEventRows(client, organizationId, query) : 0,
    ]
    const newest = [...entries, ...events].sort(byNewest)
    const total = counts.reduce((sum, count) => sum + count, 0)
    return toKeyPage(newest, query.limit, total, (record) => `${record.occurredAt} ${record.id}`)
  })
}

function byNewest(a: AuditRecord, b: AuditRecord): number {
  return `${a.occurredAt} ${a.id}` < `${b.occurredAt} ${b.id}` ? 1 : -1
}

export function getAuditEntry(deps: Deps, actor: Actor, id: string): Promise<ProvenAuditRecord> {
  return readSql(deps, actor, async (client) => {
    const row = await findEntryRow(client, actor.organizationId, id)
    if (!row) throw new AppError('not_found')
    const commitments = { address: row.address_commitment.toString('hex'), userAgent: row.user_agent_commitment.toString('hex') }
    return { ...toEntryRecord(row), commitments, proof: await findProof(client, actor.organizationId, id) }
  })
}

async function findProof(client: pg.ClientBase, organizationId: string, entryId: string): Promise<ProvenAuditRecord['proof']> {
  const leaf = await findLeafRow(client, organizationId, entryId)
  if (!leaf) return null
  const [checkpoint] = await listCheckpointsBetween(client, organizationId, leaf.checkpoint, leaf.checkpoint)
  return checkpoint ? toProof(leaf, checkpoint, await listLeafRows(client, organizationId, leaf.checkpoint)) : null
}

export function listAuditCheckpointPage(
  deps: Deps,
  actor: Actor,
  query: { limit: number; cursor?: string | undefined },
): Promise<AuditCheckpointPage> {
  const [number] = readKeyCursor(checkpointCursor, query.cursor) ?? []
  const place = { below: number === undefined ? null : Number(number), take: query.limit + 1 }
  return readSql(deps, actor, async (client) => {
    const rows = await listCheckpointRows(client, actor.organizationId, place)
    const total = await countCheckpointRows(client, actor.organizationId)
    return toKeyPage(rows.map(toCheckpoint), query.limit, total, (checkpoint) => `checkpoint ${checkpoint.number}`)
  })
}

/** Written down first; then everything written so far gets its checkpoint, so that the file proves all that it holds. */
export async function exportAudit(deps: Deps, actor: Actor, query: ExportAudit) {
  const { organizationId } = actor
  const resource = { kind: 'organization', id: organizationId }
  const [from, to] = [query.from ?? null, query.to ?? null]
  await writeAs(deps, actor, (tx) =>
    recordAudit(tx, deps.clock, actor, { action: 'audit.exported', resource, after: { format: query.format, from, to } }),
  )
  deps.security.record({ kind: 'exported', organizationId, actor, facts: actor.request, resource, detail: { format: query.format } })
  const signer = createAuditSigner(deps.keyring.current('audit'))
  const exportedAt = deps.clock.now().toISOString()
  await checkpointOrganization({ ...deps, signer }, organizationId)
  const header = await readSql(deps, actor, (client) => createHeader(client, { organizationId, from, to, exportedAt }))
  return {
    contentType: query.format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
    fileName: `keylease-audit-${exportedAt.slice(0, 10)}.${query.format === 'csv' ? 'csv' : 'jsonl'}`,
    chunks: writeExport(query.format, signer, header, readExportItems(deps.db.appPool, header)),
  }
}

async function createHeader(
  client: pg.ClientBase,
  facts: Pick<ExportHeader, 'organizationId' | 'from' | 'to' | 'exportedAt'>,
): Promise<ExportHeader> {
  const { first, last } = await findCheckpointRange(client, facts.organizationId, facts.from, facts.to)
  const retainedFrom = (await findRetainedFrom(client))?.toISOString() ?? null
  return { type: 'export', format: 'keylease-audit-1', ...facts, firstCheckpoint: first, lastCheckpoint: last, retainedFrom }
}

/** The trail is partitioned, which Prisma cannot model: it is read through the plain pool, in the tenant like everything else. */
function readSql<T>(deps: Deps, actor: Actor, read: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  return inTenantSql(deps.db.appPool, actor.organizationId, read)
}
