import type { EventKind } from '@keylease/shared/contracts/event-kinds'
import { newId } from '@keylease/shared/ids'
import type { Tx } from './tenancy'

export interface OutboxEvent {
  kind: EventKind
  resource: { kind: string; id: string }
  /** As the contracts show it: never a secret. It leaves the service. */
  payload?: Record<string, unknown>
}

/** Writes what happened in the transaction of what happened; the webhooks that want it hear of it once that commits. */
export async function recordEvent(tx: Tx, organizationId: string, event: OutboxEvent): Promise<string> {
  const id = newId('event')
  await tx.$executeRaw`
    INSERT INTO outbox_event (organization_id, id, kind, resource_kind, resource_id, payload)
    VALUES (${organizationId}, ${id}, ${event.kind}, ${event.resource.kind}, ${event.resource.id},
      ${JSON.stringify(event.payload ?? {})}::jsonb)`
  return id
}
