import type { ListAuditRecords } from '@keylease/shared/contracts/audit'
import type pg from 'pg'
import { type CheckpointRow, checkpointColumns } from '../../platform/audit/checkpoint-rows'
import { type EntryRow, entryColumns } from '../../platform/audit/entry-rows'
import { countLimit } from '../../platform/page'
import { escapePattern } from '../../platform/search'

interface PersonalColumns {
  address: string | null
  user_agent: string | null
}

export type AuditEntryRow = EntryRow & PersonalColumns

export interface SecurityEventRow extends PersonalColumns {
  id: string
  kind: string
  occurred_at: Date
  last_at: Date
  count: number
  actor_kind: string | null
  actor_id: string | null
  actor_name: string | null
  resource_kind: string | null
  resource_id: string | null
  request_id: string
  detail: Record<string, string | number>
}

export type AuditFilter = Omit<ListAuditRecords, 'limit' | 'cursor' | 'kind'>

export interface PagePlace {
  after: { occurredAt: string; id: string } | null
  take: number
}

const personalJoin = (id: string) => `LEFT JOIN audit_personal p ON p.organization_id = e.organization_id AND p.entry_id = ${id}`

/** Bounds that are always there, so that Postgres reads only the months between them. */
function conditionOf(action: string, texts: string): string {
  return `e.organization_id = $1 AND e.occurred_at >= coalesce($2::timestamptz, '-infinity') AND e.occurred_at < coalesce($3::timestamptz, 'infinity')
    AND ($4::text IS NULL OR e.actor_id = $4) AND ($5::text IS NULL OR ${action} = $5)
    AND ($6::text IS NULL OR e.resource_kind = $6) AND ($7::text IS NULL OR e.resource_id = $7)
    AND ($8::text IS NULL OR concat_ws(' ', e.actor_id, e.actor_name, e.resource_id, e.request_id, ${texts}) ILIKE $8)`
}

const auditCondition = conditionOf('e.action', 'e.action, e.before, e.after')
const securityCondition = conditionOf('e.kind', 'e.kind, e.detail')

const valuesOf = (organizationId: string, filter: AuditFilter) => [
  organizationId,
  filter.from ?? null,
  filter.to ?? null,
  filter.actor ?? null,
  filter.action ?? null,
  filter.resourceKind ?? null,
  filter.resourceId ?? null,
  filter.text === undefined ? null : `%${escapePattern(filter.text)}%`,
]

export async function listEntryRows(
  client: pg.ClientBase,
  organizationId: string,
  filter: AuditFilter,
  page: PagePlace,
): Promise<AuditEntryRow[]> {
  return listRows<AuditEntryRow>(
    client,
    `SELECT ${entryColumns}, p.address, p.user_agent FROM audit_entry e ${personalJoin('e.id')} WHERE ${auditCondition}`,
    [...valuesOf(organizationId, filter), ...placeOf(page)],
  )
}

export async function listEventRows(
  client: pg.ClientBase,
  organizationId: string,
  filter: AuditFilter,
  page: PagePlace,
): Promise<SecurityEventRow[]> {
  return listRows<SecurityEventRow>(
    client,
    `SELECT e.*, p.address, p.user_agent FROM security_event e ${personalJoin('e.id')} WHERE ${securityCondition}`,
    [...valuesOf(organizationId, filter), ...placeOf(page)],
  )
}

const placeOf = ({ after, take }: PagePlace) => [after?.occurredAt ?? 'infinity', after?.id ?? '', take]

async function listRows<Row extends pg.QueryResultRow>(client: pg.ClientBase, select: string, values: unknown[]): Promise<Row[]> {
  const found = await client.query<Row>(
    `${select} AND (e.occurred_at, e.id) < ($9::timestamptz, $10) ORDER BY e.occurred_at DESC, e.id DESC LIMIT $11`,
    values,
  )
  return found.rows
}

export const countEntryRows = (client: pg.ClientBase, organizationId: string, filter: AuditFilter) =>
  countRows(client, `SELECT FROM audit_entry e WHERE ${auditCondition}`, valuesOf(organizationId, filter))

export const countEventRows = (client: pg.ClientBase, organizationId: string, filter: AuditFilter) =>
  countRows(client, `SELECT FROM security_event e WHERE ${securityCondition}`, valuesOf(organizationId, filter))

async function countRows(client: pg.ClientBase, select: string, values: unknown[]): Promise<number> {
  const found = await client.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM (${select} LIMIT ${countLimit}) AS found`,
    values,
  )
  return found.rows[0]?.count ?? 0
}

/** Its leaf, or its place among those that wait, tells the month to look in. */
export async function findEntryRow(client: pg.ClientBase, organizationId: string, id: string): Promise<AuditEntryRow | null> {
  const found = await client.query<AuditEntryRow>(
    `SELECT ${entryColumns}, p.address, p.user_agent FROM audit_entry e ${personalJoin('e.id')}
     WHERE e.organization_id = $1 AND e.id = $2 AND e.occurred_at = (
       SELECT occurred_at FROM audit_leaf WHERE organization_id = $1 AND entry_id = $2
       UNION ALL SELECT occurred_at FROM audit_pending WHERE organization_id = $1 AND entry_id = $2 LIMIT 1)`,
    [organizationId, id],
  )
  return found.rows[0] ?? null
}

export async function listCheckpointRows(
  client: pg.ClientBase,
  organizationId: string,
  page: { below: number | null; take: number },
): Promise<CheckpointRow[]> {
  const found = await client.query<CheckpointRow>(
    `SELECT ${checkpointColumns} FROM audit_checkpoint WHERE organization_id = $1 AND ($2::integer IS NULL OR number < $2)
     ORDER BY number DESC LIMIT $3`,
    [organizationId, page.below, page.take],
  )
  return found.rows
}

export const countCheckpointRows = (client: pg.ClientBase, organizationId: string) =>
  countRows(client, 'SELECT FROM audit_checkpoint WHERE organization_id = $1', [organizationId])
