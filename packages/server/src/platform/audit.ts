import { newId } from '@keylease/shared/ids'
import type { Actor } from './auth'
import type { Clock } from './clock'
import { commitPersonal } from './personal'
import type { Tx } from './tenancy'

export interface AuditFact {
  action: string
  resource: { kind: string; id: string }
  /** As the contract shows them: never a secret. */
  before?: unknown
  after?: unknown
}

/** Writes what happened in the transaction of what happened: if this fails, so does the operation. */
export async function recordAudit(tx: Tx, clock: Clock, actor: Actor, fact: AuditFact): Promise<void> {
  const id = newId('auditEntry')
  const { address, userAgent } = actor.request
  const commitments = commitPersonal(actor.request)
  await tx.$executeRaw`
    WITH personal AS (
      INSERT INTO audit_personal (organization_id, entry_id, salt, address, user_agent)
      VALUES (${actor.organizationId}, ${id}, ${commitments.salt}, ${address}, ${userAgent})
    )
    INSERT INTO audit_entry (organization_id, occurred_at, id, actor_kind, actor_id, actor_name, action, resource_kind, resource_id,
      request_id, before, after, address_commitment, user_agent_commitment)
    VALUES (${actor.organizationId}, ${clock.now()}, ${id}, ${actor.kind}, ${actor.id}, ${actor.name}, ${fact.action},
      ${fact.resource.kind}, ${fact.resource.id}, ${actor.request.id}, ${toJson(fact.before)}::jsonb, ${toJson(fact.after)}::jsonb,
      ${commitments.address}, ${commitments.userAgent})`
}

function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}
