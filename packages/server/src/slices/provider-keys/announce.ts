import type { EventKind } from '@keylease/shared/contracts/event-kinds'
import type { ProviderKey } from '@keylease/shared/contracts/provider-key-bodies'
import type { Actor } from '../../platform/auth'
import { recordChange } from '../../platform/events'
import { recordEvent } from '../../platform/outbox'
import type { Tx } from '../../platform/tenancy'

/** Every replica reads the key anew; who holds a lease of it hears why. */
export function announceChange(tx: Tx, actor: Actor, keyId: string, payload: Record<string, unknown> = {}): Promise<void> {
  return recordChange(tx, { organizationId: actor.organizationId, kind: 'provider-key.changed', payload: { keyId, ...payload } })
}

/** What webhooks tell about a key: enough to know which one. */
export async function announceKey(
  tx: Tx,
  { organizationId }: Pick<Actor, 'organizationId'>,
  kind: EventKind,
  key: ProviderKey,
  more: Record<string, unknown> = {},
): Promise<void> {
  const { id, name, provider, preview, environment, status } = key
  await recordEvent(tx, organizationId, {
    kind,
    resource: { kind: 'provider-key', id },
    payload: { name, provider, preview, environment, status, ...more },
  })
}
