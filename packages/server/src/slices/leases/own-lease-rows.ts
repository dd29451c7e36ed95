import { leaseReleased } from '../../platform/revocations'
import type { Tx } from '../../platform/tenancy'

/** A lease as its agent sees it. */
export interface OwnLeaseRow {
  id: string
  status: string
  keyId: string
  delivery: string
  lastSequence: number | null
}

/** The lease of this agent, locked until the transaction ends; another agent's is absent. */
export async function lockOwnLease(tx: Tx, organizationId: string, agentId: string, id: string, now: Date): Promise<OwnLeaseRow | null> {
  const found = await tx.$queryRaw<OwnLeaseRow[]>`
    SELECT l.id, l.key_id AS "keyId", l.delivery, l.last_sequence::float8 AS "lastSequence", keylease_lease_status(l, ${now}) AS status
    FROM lease l WHERE l.organization_id = ${organizationId} AND l.id = ${id} AND l.agent_id = ${agentId} FOR UPDATE`
  return found[0] ?? null
}

export async function endOwnLease(
  tx: Tx,
  organizationId: string,
  id: string,
  end: { reason: string; at: Date; lastSequence: number | null; openIntents: unknown },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE lease SET end_reason = coalesce(end_reason, ${end.reason}), ended_at = coalesce(ended_at, ${end.at}),
      last_sequence = greatest(last_sequence, ${end.lastSequence}::bigint), opened_through = greatest(opened_through, ${end.lastSequence}::bigint),
      open_intents = coalesce(${toJson(end.openIntents)}::jsonb, open_intents)
    WHERE organization_id = ${organizationId} AND id = ${id}`
}

/** A token that is out there dies with its lease, in every process: those that run hear of it, those that start read it. */
export async function endToken(tx: Tx, organizationId: string, leaseId: string, at: Date): Promise<void> {
  await tx.$executeRaw`
    WITH ended AS (
      INSERT INTO revocation (organization_id, id, scope, scope_id, not_before, in_flight, revoked, keep_until, settled_at)
      SELECT ${organizationId}, keylease_new_id('rvk'), 'lease', id, greatest(issued_at, ${at}), 'finish', 0, expires_at, ${at}
      FROM lease WHERE organization_id = ${organizationId} AND id = ${leaseId}
      RETURNING scope_id, not_before
    )
    INSERT INTO change (organization_id, kind, payload)
    SELECT ${organizationId}, ${leaseReleased}, jsonb_build_object('scopeId', scope_id, 'notBefore', (extract(epoch FROM not_before) * 1000)::bigint)
    FROM ended`
}

export async function saveSequence(
  tx: Tx,
  organizationId: string,
  id: string,
  { lastSequence, openIntents }: { lastSequence: number; openIntents: unknown },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE lease SET opened_through = greatest(opened_through, ${lastSequence}::bigint), open_intents = coalesce(${toJson(openIntents)}::jsonb, open_intents)
    WHERE organization_id = ${organizationId} AND id = ${id}`
}

const toJson = (intents: unknown) => (intents === undefined ? null : JSON.stringify(intents))
