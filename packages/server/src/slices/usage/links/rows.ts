import type pg from 'pg'
import { toByteaArray } from '../../../platform/postgres/binary-array'
import type { Edge, LeasedResponse, LinkCall } from './call'

/** As many calls of one trace are looked at, the newest: what belongs together comes close together. */
const callsEach = 500
const edgesEach = 2_000

const callColumns = `e.id, i.is_leased AS "isLeased", e.occurred_at AS "occurredAt", encode(i.trace_id, 'hex') AS "traceId", encode(i.span_id, 'hex') AS "spanId",
  encode(i.parent_id, 'hex') AS "parentId", i.is_container AS "isContainer", encode(i.response_hash, 'hex') AS "responseHash",
  e.status <> 'error' OR e.input_uncached + e.cache_read + e.output_text + e.reasoning > 0 AS "hasUse",
  ARRAY[e.request_model, e.response_model] AS models, e.linked_to AS "linkedTo"`
const itsIdentity = 'FROM usage_identity WHERE organization_id = (SELECT keylease_organization())'
// A subquery of one row by its key: joined, Postgres would rather read a whole day, even where no identity is found.
const itsEvent = `CROSS JOIN LATERAL (
    SELECT * FROM usage_event WHERE organization_id = i.organization_id AND occurred_at = i.occurred_at AND id = i.event_id LIMIT 1
  ) e`

/** Calls of these traces, beside those that are being written. */
export async function findTraceCalls(client: pg.ClientBase, traceIds: readonly string[], except: readonly string[]): Promise<LinkCall[]> {
  if (traceIds.length === 0) return []
  const newest = (kind: string) =>
    `(SELECT * ${itsIdentity} AND trace_id = t.trace_id AND ${kind} AND event_id NOT IN (SELECT unnest($2::text[])) ORDER BY event_id DESC LIMIT ${callsEach})`
  const found = await client.query<LinkCall>({
    name: 'find-trace-calls',
    text: `SELECT ${callColumns} FROM unnest($1::bytea[]) AS t(trace_id)
      CROSS JOIN LATERAL (${newest('NOT is_leased')} UNION ALL ${newest('is_leased')}) i ${itsEvent}`,
    values: [toByteaArray(traceIds), except],
  })
  return found.rows
}

/** Most organizations have no call without a lease: that is asked first, in the order of the index that is empty then. */
const hasObserved = `(SELECT true ${itsIdentity} AND NOT is_leased ORDER BY response_hash LIMIT 1)`

/** Calls without a lease that brought one of these responses, and of each of these traces one. */
export async function findObserved(client: pg.ClientBase, hashes: readonly string[], traceIds: readonly string[]): Promise<LinkCall[]> {
  if (hashes.length + traceIds.length === 0) return []
  const found = await client.query<LinkCall>({
    name: 'find-observed-calls',
    text: `SELECT ${callColumns} FROM (
        (SELECT * ${itsIdentity} AND NOT is_leased AND response_hash = ANY($1::bytea[]) AND ${hasObserved} ORDER BY event_id LIMIT ${callsEach})
        UNION ALL
        SELECT one.* FROM unnest($2::bytea[]) AS t(trace_id)
        CROSS JOIN LATERAL (SELECT * ${itsIdentity} AND NOT is_leased AND trace_id = t.trace_id LIMIT 1) one
        WHERE ${hasObserved}
      ) i ${itsEvent}`,
    values: [toByteaArray(hashes), toByteaArray(traceIds)],
  })
  return found.rows
}

/** Those of these traces of which a call, or what stands above one, was told before. */
export async function findKnownTraces(client: pg.ClientBase, traceIds: readonly string[]): Promise<Set<string>> {
  const found = await client.query<{ traceId: string }>({
    name: 'find-known-traces',
    text: `SELECT encode(t.trace_id, 'hex') AS "traceId" FROM unnest($1::bytea[]) AS t(trace_id)
      WHERE EXISTS (SELECT ${itsIdentity} AND trace_id = t.trace_id)
        OR EXISTS (SELECT FROM usage_trace WHERE organization_id = (SELECT keylease_organization()) AND trace_id = t.trace_id)`,
    values: [toByteaArray(traceIds)],
  })
  return new Set(found.rows.map(({ traceId }) => traceId))
}

/** Batches of leased calls alone are written side by side: those that change who bills take turns. */
export async function lockLinks(client: pg.ClientBase): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('keylease links ' || keylease_organization(), 0))`)
}

/** Calls under a lease that brought one of these responses. */
export async function findLeasedResponses(client: pg.ClientBase, hashes: readonly string[]): Promise<LeasedResponse[]> {
  if (hashes.length === 0) return []
  const found = await client.query<LeasedResponse>({
    name: 'find-leased-responses',
    text: `SELECT event_id AS id, occurred_at AS "occurredAt", encode(response_hash, 'hex') AS "responseHash" FROM usage_identity
      WHERE organization_id = (SELECT keylease_organization()) AND is_leased AND response_hash = ANY($1::bytea[])`,
    values: [toByteaArray(hashes)],
  })
  return found.rows
}

export async function findEdges(client: pg.ClientBase, traceIds: readonly string[]): Promise<Map<string, Edge[]>> {
  if (traceIds.length === 0) return new Map()
  const found = await client.query<{ traceId: string; edges: Edge[] }>({
    name: 'find-trace-edges',
    text: `SELECT encode(trace_id, 'hex') AS "traceId", (
        SELECT jsonb_agg(jsonb_build_object('spanId', encode(substr(edge, 1, 8), 'hex'), 'parentId', encode(substr(edge, 9), 'hex'))) FROM unnest(edges) AS edge
      ) AS edges
      FROM usage_trace WHERE organization_id = (SELECT keylease_organization()) AND trace_id = ANY($1::bytea[])`,
    values: [toByteaArray(traceIds)],
  })
  return new Map(found.rows.map(({ traceId, edges }) => [traceId, edges]))
}

/** The traces of which something new was told. Their rows are locked in one order. */
export async function addEdges(
  client: pg.ClientBase,
  organizationId: string,
  edges: readonly { traceId: string; edge: string }[],
  now: Date,
): Promise<string[]> {
  const changed = await client.query<{ traceId: string }>(
    `INSERT INTO usage_trace AS t (organization_id, trace_id, edges, told_at)
     SELECT $1, r."traceId", (array_agg(DISTINCT r.edge))[1:${edgesEach}], $3 FROM unnest($2::bytea[], $4::bytea[]) AS r("traceId", edge)
     GROUP BY r."traceId" ORDER BY r."traceId"
     ON CONFLICT (organization_id, trace_id) DO UPDATE SET told_at = excluded.told_at,
       edges = (t.edges || ARRAY(SELECT unnest(excluded.edges) EXCEPT SELECT unnest(t.edges)))[1:${edgesEach}]
     WHERE NOT t.edges @> excluded.edges AND cardinality(t.edges) < ${edgesEach}
     RETURNING encode(trace_id, 'hex') AS "traceId"`,
    [organizationId, toByteaArray(edges.map(({ traceId }) => traceId)), now, toByteaArray(edges.map(({ edge }) => edge))],
  )
  return changed.rows.map(({ traceId }) => traceId)
}

export interface LinkChange {
  id: string
  occurredAt: Date
  was: string | null
  becomes: string | null
}

/** The ids of those that were as they were thought to be: whoever comes second changes nothing twice. */
export async function saveLinks(client: pg.ClientBase, changes: readonly LinkChange[], fresh: ReadonlySet<string>): Promise<Set<string>> {
  if (changes.length === 0) return new Set()
  const input = JSON.stringify(changes)
  const rows = `jsonb_to_recordset($1::jsonb) AS r(id text, "occurredAt" timestamptz, was text, becomes text)`
  const known = changes.filter(({ id }) => !fresh.has(id))
  if (known.length > 0)
    await client.query(
      `SELECT FROM usage_event e JOIN ${rows} ON e.occurred_at = r."occurredAt" AND e.id = r.id ORDER BY e.occurred_at, e.id FOR UPDATE OF e`,
      [JSON.stringify(known)],
    )
  const saved = await client.query<{ id: string }>(
    `UPDATE usage_event e SET linked_to = r.becomes FROM ${rows}
     WHERE e.occurred_at = r."occurredAt" AND e.id = r.id AND e.linked_to IS NOT DISTINCT FROM r.was RETURNING e.id`,
    [input],
  )
  return new Set(saved.rows.map(({ id }) => id))
}
