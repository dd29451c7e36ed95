import type { SecurityEventKind } from '@keylease/shared/contracts/security-events'
import type pg from 'pg'
import { commitPersonal, type PersonalFacts } from './personal'
import { inTenantSql } from './tenancy'

export interface SecurityEventRow {
  id: string
  organizationId: string | null
  kind: SecurityEventKind
  occurredAt: Date
  lastAt: Date
  count: number
  actor: { kind: string; id: string; name: string } | null
  resource: { kind: string; id: string } | null
  requestId: string
  detail: Record<string, string | number>
  personal: PersonalFacts
}

/** Rows carry their whole count, so that writing them again after a lost answer changes nothing. */
export async function saveSecurityEvents(
  pool: pg.Pool,
  organizationId: string | null,
  rows: readonly SecurityEventRow[],
  isNew: ReadonlySet<string>,
): Promise<void> {
  const tenant = organizationId ?? (await findFirstOrganization(pool))
  if (tenant === null) return
  await inTenantSql(pool, tenant, async (client) => {
    await insertRows(client, tenant, rows.filter((row) => isNew.has(row.id)).map(toInsert))
    await updateRows(
      client,
      rows.filter((row) => !isNew.has(row.id)),
    )
  })
}

/** What belongs to no tenant is shown to the first one: its owner is who runs this instance. */
async function findFirstOrganization(pool: pg.Pool): Promise<string | null> {
  const found = await pool.query<{ id: string }>('SELECT id FROM organization ORDER BY id LIMIT 1')
  return found.rows[0]?.id ?? null
}

function toInsert(row: SecurityEventRow): Record<string, unknown> {
  const { salt, address, userAgent } = commitPersonal(row.personal)
  return {
    id: row.id,
    kind: row.kind,
    occurred_at: row.occurredAt,
    last_at: row.lastAt,
    count: row.count,
    actor_kind: row.actor?.kind ?? null,
    actor_id: row.actor?.id ?? null,
    actor_name: row.actor?.name ?? null,
    resource_kind: row.resource?.kind ?? null,
    resource_id: row.resource?.id ?? null,
    request_id: row.requestId,
    detail: row.detail,
    salt: toHex(salt),
    address_commitment: toHex(address),
    user_agent_commitment: toHex(userAgent),
    address: row.personal.address,
    user_agent: row.personal.userAgent,
  }
}

const toHex = (bytes: Buffer) => `\\x${bytes.toString('hex')}`

async function insertRows(client: pg.ClientBase, organizationId: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  if (rows.length === 0) return
  await client.query(
    `WITH given AS (
       SELECT * FROM jsonb_to_recordset($2::jsonb) AS g (id text, kind text, occurred_at timestamptz, last_at timestamptz, count integer,
         actor_kind text, actor_id text, actor_name text, resource_kind text, resource_id text, request_id text, detail jsonb,
         salt bytea, address_commitment bytea, user_agent_commitment bytea, address text, user_agent text)
     ), written AS (
       INSERT INTO security_event (organization_id, id, kind, occurred_at, last_at, count, actor_kind, actor_id, actor_name,
         resource_kind, resource_id, request_id, detail, address_commitment, user_agent_commitment)
       SELECT $1, id, kind, occurred_at, last_at, count, actor_kind, actor_id, actor_name, resource_kind, resource_id, request_id,
         detail, address_commitment, user_agent_commitment FROM given
       ON CONFLICT (organization_id, id) DO NOTHING RETURNING id
     )
     INSERT INTO audit_personal (organization_id, entry_id, salt, address, user_agent)
     SELECT $1, id, salt, address, user_agent FROM given WHERE id IN (SELECT id FROM written)`,
    [organizationId, JSON.stringify(rows)],
  )
}

async function updateRows(client: pg.ClientBase, rows: readonly SecurityEventRow[]): Promise<void> {
  if (rows.length === 0) return
  const given = rows.map((row) => ({
    id: row.id,
    last_at: row.lastAt,
    count: row.count,
    request_id: row.requestId,
    detail: row.detail,
  }))
  await client.query(
    `UPDATE security_event AS e SET count = g.count, last_at = g.last_at, request_id = g.request_id, detail = g.detail
     FROM jsonb_to_recordset($1::jsonb) AS g (id text, last_at timestamptz, count integer, request_id text, detail jsonb)
     WHERE e.id = g.id AND e.organization_id = (SELECT keylease_organization())`,
    [JSON.stringify(given)],
  )
}
