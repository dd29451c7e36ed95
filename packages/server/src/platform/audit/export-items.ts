import type pg from 'pg'
import { inTenantSql } from '../tenancy'
import { toCheckpoint } from './checkpoint-rows'
import { type EntryRow, toEntryFacts } from './entry-rows'
import type { EntryRecord, ExportHeader, LeafRecord, StrayRecord } from './export-record'
import type { ExportItem } from './export-writer'
import { listCheckpointsBetween, listProvenRows, listStrayRows, type PersonalRow, type ProvenRow, type StrayRow } from './leaf-rows'

const pageRows = 1_000
/** Beyond every index of a checkpoint. */
const lastIndex = 2_147_483_647
const beginning = { occurredAt: '-infinity', entryId: '' }

/** What an export holds, page by page: no transaction outlives a page, however slowly the file is read. */
export async function* readExportItems(pool: pg.Pool, header: ExportHeader): AsyncGenerator<ExportItem> {
  const { firstCheckpoint, lastCheckpoint } = header
  if (firstCheckpoint !== null && lastCheckpoint !== null) yield* readProven(pool, header.organizationId, firstCheckpoint, lastCheckpoint)
  yield* readStrays(pool, header)
}

async function* readProven(pool: pg.Pool, organizationId: string, first: number, last: number): AsyncGenerator<ExportItem> {
  let place = { checkpoint: first - 1, index: lastIndex }
  for (let isFull = true; isFull; ) {
    const { rows, checkpoints } = await inTenantSql(pool, organizationId, async (client) => {
      const page = await listProvenRows(client, organizationId, { ...place, last, take: pageRows })
      const until = page.at(-1)?.checkpoint ?? place.checkpoint
      const opened = await listCheckpointsBetween(client, organizationId, place.checkpoint + 1, until)
      return { rows: page, checkpoints: new Map(opened.map((row) => [row.number, toCheckpoint(row)])) }
    })
    for (const row of rows) {
      const checkpoint = checkpoints.get(row.checkpoint)
      if (row.checkpoint !== place.checkpoint && checkpoint) yield { type: 'checkpoint', checkpoint }
      place = { checkpoint: row.checkpoint, index: row.index }
      yield toItem(row)
    }
    isFull = rows.length === pageRows
  }
}

async function* readStrays(pool: pg.Pool, { organizationId, from, to }: ExportHeader): AsyncGenerator<ExportItem> {
  let after = beginning
  for (let isFull = true; isFull; ) {
    const place = { from, to, after, take: pageRows }
    const rows = await inTenantSql(pool, organizationId, (client) => listStrayRows(client, organizationId, place))
    for (const row of rows) {
      const stray = toStray(row)
      after = { occurredAt: stray.occurredAt, entryId: stray.id }
      yield stray
    }
    isFull = rows.length === pageRows
  }
}

function toItem(row: ProvenRow): EntryRecord | LeafRecord {
  const { checkpoint, index } = row
  const digest = row.digest.toString('hex')
  if (!hasEntry(row)) {
    return { type: 'leaf', checkpoint, index, id: row.entry_id, occurredAt: row.leaf_occurred_at.toISOString(), digest }
  }
  return { type: 'entry', checkpoint, index, ...toEntryFacts(row), ...toPersonal(row), digest }
}

const toStray = (row: StrayRow): StrayRecord => ({ type: 'stray', ...toEntryFacts(row), ...toPersonal(row) })

const toPersonal = ({ salt, address, user_agent }: PersonalRow) => ({
  salt: salt?.toString('hex') ?? null,
  address,
  userAgent: user_agent,
})

const hasEntry = (row: ProvenRow): row is ProvenRow & EntryRow => row.id !== null
