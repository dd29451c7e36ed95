import type { RevocationScope } from '@keylease/shared/contracts/lease-events'
import type { Tx } from '../../platform/tenancy'

export interface TaskRow {
  id: string
  keyId: string
  keyVersionId: string
  revocationId: string
  openedAt: Date
  closedAt: Date | null
}

export interface RevokedRow {
  revocationId: string | null
  revoked: number
  keys: string[]
}

/** Under the lock of the policy: no lease of the scope is issued before this commits and lives on. */
export async function callRevoke(
  tx: Tx,
  of: { organizationId: string; scope: RevocationScope; scopeId: string; inFlight: string; now: Date },
): Promise<RevokedRow> {
  const found = await tx.$queryRaw<{ answer: RevokedRow }[]>`
    SELECT keylease_revoke(${of.organizationId}, ${of.scope}, ${of.scopeId}, ${of.inFlight}, ${of.now}) AS answer`
  return found[0]?.answer ?? { revocationId: null, revoked: 0, keys: [] }
}

export async function findRevocation(
  tx: Tx,
  organizationId: string,
  id: string,
): Promise<{ notBefore: Date; acknowledged: number; clients: number } | null> {
  const found = await tx.$queryRaw<{ notBefore: Date; acknowledged: number; clients: number }[]>`
    SELECT r.not_before AS "notBefore", count(k.client_id)::integer AS clients, count(k.acknowledged_at)::integer AS acknowledged
    FROM revocation r LEFT JOIN revocation_ack k ON k.organization_id = r.organization_id AND k.revocation_id = r.id
    WHERE r.organization_id = ${organizationId} AND r.id = ${id} GROUP BY r.not_before`
  return found[0] ?? null
}

export async function hasKey(tx: Tx, id: string): Promise<boolean> {
  return (await tx.$queryRaw<unknown[]>`SELECT FROM provider_key WHERE id = ${id} AND deleted_at IS NULL`).length === 1
}

/** The open tasks of keys: a revocation joins the one that is open for its value already. */
export function listOpenTasks(tx: Tx, organizationId: string, keyIds: readonly string[]): Promise<TaskRow[]> {
  return tx.$queryRaw<TaskRow[]>`
    SELECT id, key_id AS "keyId", key_version_id AS "keyVersionId", revocation_id AS "revocationId", opened_at AS "openedAt", closed_at AS "closedAt"
    FROM lease_task WHERE organization_id = ${organizationId} AND key_id = ANY(${keyIds}::text[]) AND closed_at IS NULL ORDER BY id`
}

export interface TaskFilter {
  keyId: string | null
  state: string | null
  /** The keys in sight; null is every key. */
  visible: readonly string[] | null
}

export function listTaskRows(
  tx: Tx,
  organizationId: string,
  { keyId, state, visible }: TaskFilter,
  page: { after: string | null; take: number },
): Promise<TaskRow[]> {
  return tx.$queryRaw<TaskRow[]>`
    SELECT id, key_id AS "keyId", key_version_id AS "keyVersionId", revocation_id AS "revocationId", opened_at AS "openedAt", closed_at AS "closedAt"
    FROM lease_task WHERE organization_id = ${organizationId} AND (${keyId}::text IS NULL OR key_id = ${keyId})
      AND (${state}::text IS NULL OR (closed_at IS NULL) = (${state} = 'open')) AND (${visible}::text[] IS NULL OR key_id = ANY(${visible}::text[]))
      AND (${page.after}::text IS NULL OR id < ${page.after})
    ORDER BY id DESC LIMIT ${page.take}`
}

export async function countTaskRows(
  tx: Tx,
  organizationId: string,
  { keyId, state, visible }: TaskFilter,
  maximum: number,
): Promise<number> {
  const found = await tx.$queryRaw<{ total: number }[]>`
    SELECT count(*)::integer AS total FROM (
      SELECT FROM lease_task WHERE organization_id = ${organizationId} AND (${keyId}::text IS NULL OR key_id = ${keyId})
        AND (${state}::text IS NULL OR (closed_at IS NULL) = (${state} = 'open')) AND (${visible}::text[] IS NULL OR key_id = ANY(${visible}::text[]))
      LIMIT ${maximum}) AS counted`
  return found[0]?.total ?? 0
}
