import type pg from 'pg'
import { type ArrayColumn, selectArrays, toBinaryArrays } from '../../platform/postgres/binary-array'
import { eventColumns, identityColumns } from './event-columns'
import type { PricedCall } from './priced-call'

type Columns<Row> = Readonly<Record<string, ArrayColumn<Row>>>

const readRows = <Row>(first: number, columns: Columns<Row>) => `${selectArrays(first, Object.keys(columns), Object.values(columns))} r`

/** What each column is given of such a row. */
const toSelected = (name: string) => (name === 'tags' ? `coalesce(tags, '{}')::text[]` : name)

const names = Object.keys(eventColumns)

/**
 * What the identity table takes is new, and only that becomes events. Identities go in by their hash, so that batches which overlap
 * wait for one another instead of locking crosswise. All new, which is usual, is told in a word.
 */
const claimSql = `
  WITH fresh AS (
    INSERT INTO usage_identity (organization_id, hash, day, occurred_at, event_id, span_id, is_leased, response_hash, trace_id, parent_id, is_container)
    SELECT $1, hash, (occurred_at AT TIME ZONE 'UTC')::date, occurred_at, id, span_id, is_leased, response_hash, trace_id, parent_id, is_container
    FROM ${readRows(3, identityColumns)}
    ON CONFLICT (organization_id, hash) DO NOTHING RETURNING event_id
  )
  SELECT CASE WHEN count(*) < $2 THEN coalesce(array_agg(event_id), '{}') END AS ids FROM fresh`

const insertSql = `
  INSERT INTO usage_event (organization_id, ${names.join(', ')})
  SELECT $1, ${names.map(toSelected).join(', ')} FROM ${readRows(2, eventColumns)}`

/** Those of the calls that were not in the ledger yet, in the tenant of the transaction. */
export async function insertEvents<Call extends PricedCall>(
  client: pg.ClientBase,
  organizationId: string,
  calls: readonly Call[],
): Promise<readonly Call[]> {
  if (calls.length === 0) return calls
  const sorted = calls.toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
  const claimed = await client.query<{ ids: string[] | null }>({
    name: 'claim-usage-identities',
    text: claimSql,
    values: [organizationId, calls.length, ...toBinaryArrays(sorted, Object.values(identityColumns))],
  })
  const fresh = selectFresh(calls, claimed.rows[0]?.ids ?? null)
  if (fresh.length === 0) return fresh
  await client.query({
    name: 'insert-usage-events',
    text: insertSql,
    values: [organizationId, ...toBinaryArrays(fresh, Object.values(eventColumns))],
  })
  return fresh
}

function selectFresh<Call extends PricedCall>(calls: readonly Call[], ids: readonly string[] | null): readonly Call[] {
  if (ids === null) return calls
  const fresh = new Set(ids)
  return calls.filter(({ id }) => fresh.has(id))
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

const claimedColumns = { hash: identityColumns.hash, span_id: identityColumns.span_id }

/** One by one by their keys, each a subquery of one row: joined, Postgres would rather read a whole day. */
export async function findKnownEvents(client: pg.ClientBase, calls: readonly PricedCall[]): Promise<Map<string, KnownEvent>> {
  if (calls.length === 0) return new Map()
  await client.query(lockIdentities, toBinaryArrays(calls, [identityColumns.hash]))
  const found = await client.query<KnownEvent>(
    `SELECT encode(r.hash, 'hex') AS hash, e.id AS "eventId", e.occurred_at AS "occurredAt", e.quality,
       i.span_id IS NOT DISTINCT FROM r.span_id AS "isSameSpan"
     FROM ${readRows(1, claimedColumns)}
     CROSS JOIN LATERAL (SELECT * FROM usage_identity WHERE organization_id = (SELECT keylease_organization()) AND hash = r.hash LIMIT 1) i
     CROSS JOIN LATERAL (SELECT * FROM usage_event WHERE organization_id = i.organization_id AND occurred_at = i.occurred_at AND id = i.event_id LIMIT 1) e`,
    toBinaryArrays(calls, Object.values(claimedColumns)),
  )
  return new Map(found.rows.map((known) => [known.hash, known]))
}

/** A call that is known by now, in the place of what was assumed of it. */
export interface Truth<Call extends PricedCall = PricedCall> {
  known: KnownEvent
  call: Call
}

const ofCall = (columns: Columns<PricedCall>): Columns<Truth> =>
  Object.fromEntries(
    Object.entries(columns).map(([name, { type, read }]) => [name, { type, read: ({ call }: Truth) => read(call) } as ArrayColumn<Truth>]),
  )

const truthColumns: Columns<Truth> = {
  was_at: { type: 'timestamptz', read: ({ known }) => known.occurredAt },
  ...ofCall({ ...eventColumns, ...identityColumns }),
  id: { type: 'text', read: ({ known }) => known.eventId },
}
const replacedNames = names.filter((name) => name !== 'id')

/** Puts the truth in the place of what was assumed of a call: under its id, once, whoever comes first. */
export async function replaceAssumed(client: pg.ClientBase, truths: readonly Truth[]): Promise<void> {
  if (truths.length === 0) return
  await client.query(
    `WITH input AS MATERIALIZED (
       SELECT ${Object.keys(truthColumns)
         .map((name) => (name === 'tags' ? `${toSelected(name)} AS tags` : name))
         .join(', ')} FROM ${readRows(1, truthColumns)}
     ), replaced AS (
       UPDATE usage_event e SET ${replacedNames.map((name) => `${name} = r.${name}`).join(', ')}
       FROM input r WHERE e.occurred_at = r.was_at AND e.id = r.id AND e.quality = 'assumed' RETURNING r.hash
     )
     UPDATE usage_identity i SET day = (r.occurred_at AT TIME ZONE 'UTC')::date, occurred_at = r.occurred_at, span_id = r.span_id, response_hash = r.response_hash,
       parent_id = r.parent_id, trace_id = r.trace_id
     FROM input r WHERE i.hash = r.hash AND i.hash IN (SELECT hash FROM replaced)`,
    toBinaryArrays(truths, Object.values(truthColumns)),
  )
}
