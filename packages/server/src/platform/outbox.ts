import type { EventKind } from '@keylease/shared/contracts/event-kinds'
import { newId } from '@keylease/shared/ids'
import type pg from 'pg'
import { inTenantSql, type Tx } from './tenancy'

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

/** The same for what no transaction of its own causes, under an id that names it: told once, however often it is seen. */
export async function recordEventOnce(pool: pg.Pool, organizationId: string, event: OutboxEvent & { id: string }): Promise<void> {
  await inTenantSql(pool, organizationId, (client) =>
    client.query(
      `INSERT INTO outbox_event (organization_id, id, kind, resource_kind, resource_id, payload) VALUES ($1, $2, $3, $4, $5, $6::jsonb)
       ON CONFLICT DO NOTHING`,
      [organizationId, event.id, event.kind, event.resource.kind, event.resource.id, JSON.stringify(event.payload ?? {})],
    ),
  )
}
