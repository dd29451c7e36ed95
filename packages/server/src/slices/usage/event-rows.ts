import type pg from 'pg'
import { toColumnArrays } from './column-arrays'

/** The columns of an event as its insert reads them, in one place: name, then the type in the database. */
const eventColumns = {
  occurred_at: 'timestamptz',
  id: 'text',
  received_at: 'timestamptz',
  source: 'text',
  provider: 'text',
  operation: 'text',
  endpoint: 'text',
  request_model: 'text',
  response_model: 'text',
  response_id: 'text',
  status: 'text',
  http_status: 'integer',
  error_type: 'text',
  finish_reason: 'text',
  service_tier: 'text',
  region: 'text',
  is_stream: 'boolean',
  latency_ms: 'integer',
  first_token_ms: 'integer',
  team_id: 'text',
  project_id: 'text',
  agent_id: 'text',
  member_id: 'text',
  environment: 'text',
  key_id: 'text',
  key_version_id: 'text',
  lease_id: 'text',
  sequence: 'bigint',
  slice_id: 'text',
  conversation: 'text',
  end_user: 'text',
  tags: 'text[]',
  trace_id: 'bytea',
  span_id: 'bytea',
  quality: 'text',
  mismatch: 'text',
  input_uncached: 'bigint',
  cache_read: 'bigint',
  cache_write_5m: 'bigint',
  cache_write_1h: 'bigint',
  output_text: 'bigint',
  reasoning: 'bigint',
  audio_in: 'bigint',
  audio_out: 'bigint',
  images: 'bigint',
  requests: 'bigint',
  searches: 'bigint',
  seconds: 'double precision',
  characters: 'bigint',
  image_tokens_in: 'bigint',
  image_tokens_out: 'bigint',
  raw_usage: 'text',
  charged_nanos: 'bigint',
  cost_nanos: 'bigint',
  reported_nanos: 'bigint',
  cost_basis: 'text',
  price_id: 'text',
  price_version: 'text',
  linked_to: 'text',
  scope: 'text',
} as const
type EventColumn = keyof typeof eventColumns

/** What the identity of an event holds beside it. */
const identityColumns = {
  hash: 'bytea',
  is_leased: 'boolean',
  response_hash: 'bytea',
  parent_id: 'bytea',
  is_container: 'boolean',
} as const
type IdentityColumn = keyof typeof identityColumns

/** One event with its identity. Binary values as `\\x…`, money as decimal text: JSON holds neither. */
export type EventRow = Record<EventColumn | IdentityColumn, unknown> & { id: string; hash: string; occurred_at: Date }

const columns = { ...identityColumns, ...eventColumns }
const columnNames = Object.keys(columns)
const names = Object.keys(eventColumns).join(', ')
/** A list in each row comes as the text of one: arrays of arrays lose their rows. */
const readColumns = Object.entries(columns).map(([name, type]) => (type.endsWith('[]') ? `${name}::${type}` : name))

/** Rows from one array per column, whose parameters begin with this number. */
const readRows = (first: number, more: Readonly<Record<string, string>> = {}) => {
  const all = Object.entries({ ...more, ...columns })
  const arrays = all.map(([, type], i) => `$${first + i}::${type.endsWith('[]') ? 'text' : type}[]`)
  const selected = [...Object.keys(more), ...readColumns].join(', ')
  return `SELECT ${selected} FROM unnest(${arrays.join(', ')}) AS r(${all.map(([name]) => name).join(', ')})`
}

/**
 * One statement for a batch of one organization: what the identity table takes is new, and only that becomes events.
 * Identities go in by their hash, so that batches which overlap wait for one another instead of locking crosswise.
 */
const insertSql = `
  WITH input AS MATERIALIZED (${readRows(2)}),
  fresh AS (
    INSERT INTO usage_identity (organization_id, hash, day, occurred_at, event_id, span_id, is_leased, response_hash, trace_id, parent_id, is_container)
    SELECT $1, hash, (occurred_at AT TIME ZONE 'UTC')::date, occurred_at, id, span_id, is_leased, response_hash,
      CASE WHEN NOT is_leased OR parent_id IS NOT NULL THEN trace_id END, parent_id, is_container
    FROM input ORDER BY hash
    ON CONFLICT (organization_id, hash) DO NOTHING RETURNING event_id
  ), written AS (
    INSERT INTO usage_event (organization_id, ${names})
    SELECT $1, ${names} FROM input WHERE id IN (SELECT event_id FROM fresh)
  )
  SELECT event_id AS id FROM fresh`

/** The ids of those that were not in the ledger yet, in the tenant of the transaction. */
export async function insertEvents(client: pg.ClientBase, organizationId: string, rows: readonly EventRow[]): Promise<Set<string>> {
  const inserted = await client.query<{ id: string }>({
    name: 'insert-usage-events',
    text: insertSql,
    values: [organizationId, ...toColumnArrays(rows, columnNames)],
  })
  return new Set(inserted.rows.map(({ id }) => id))
}

/** In the order of the inserts: who comes second reads what the first has made of it. */
const lockIdentities = 'SELECT FROM usage_identity WHERE hash = ANY($1::bytea[]) ORDER BY hash FOR UPDATE'

/** What the ledger holds under the identity of a call that was reported before. */
export interface KnownEvent {
  hash: string
  eventId: string
  occurredAt: Date
  quality: string
  isSameSpan: boolean
}

export async function findKnownEvents(client: pg.ClientBase, rows: readonly EventRow[]): Promise<Map<string, KnownEvent>> {
  if (rows.length === 0) return new Map()
  const claimed = rows.map(({ hash, span_id }) => ({ hash, span_id }))
  await client.query(lockIdentities, [rows.map(({ hash }) => hash)])
  const found = await client.query<KnownEvent>(
    `SELECT c.hash::text AS hash, e.id AS "eventId", e.occurred_at AS "occurredAt", e.quality,
       i.span_id IS NOT DISTINCT FROM c.span_id AS "isSameSpan"
     FROM jsonb_to_recordset($1::jsonb) AS c(hash bytea, span_id bytea)
     JOIN usage_identity i ON i.hash = c.hash
     JOIN usage_event e ON e.organization_id = i.organization_id AND e.occurred_at = i.occurred_at AND e.id = i.event_id`,
    [JSON.stringify(claimed)],
  )
  return new Map(found.rows.map((known) => [known.hash, known]))
}

const known = { event_id: 'text', was_at: 'timestamptz' }
const replacedColumns = Object.keys(eventColumns).filter((name) => name !== 'id')

/** Puts the truth in the place of what was assumed of a call: under its id, once, whoever comes first. */
export async function replaceAssumed(client: pg.ClientBase, pairs: readonly { known: KnownEvent; row: EventRow }[]): Promise<void> {
  if (pairs.length === 0) return
  const input = pairs.map(({ known, row }) => ({ ...row, event_id: known.eventId, was_at: known.occurredAt }))
  await client.query(
    `WITH input AS MATERIALIZED (
       ${readRows(1, known)}
     ), replaced AS (
       UPDATE usage_event e SET ${replacedColumns.map((name) => `${name} = r.${name}`).join(', ')}
       FROM input r WHERE e.occurred_at = r.was_at AND e.id = r.event_id AND e.quality = 'assumed' RETURNING r.hash
     )
     UPDATE usage_identity i SET day = (r.occurred_at AT TIME ZONE 'UTC')::date, occurred_at = r.occurred_at, span_id = r.span_id, response_hash = r.response_hash,
       parent_id = r.parent_id, trace_id = CASE WHEN r.parent_id IS NOT NULL THEN r.trace_id END
     FROM input r WHERE i.hash = r.hash AND i.hash IN (SELECT hash FROM replaced)`,
    toColumnArrays(input, [...Object.keys(known), ...columnNames]),
  )
}
