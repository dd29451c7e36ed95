import type { IssuedLease, IssueLease, OpenedCredential, SealedCredential } from '@keylease/shared/contracts/lease-bodies'
import type { ProviderAuth } from '@keylease/shared/providers/provider'
import { Secret } from '@keylease/shared/secret'
import type { Config } from '../config'
import { ConnectionError } from '../errors'
import type { Transport } from '../transport/call'
import { Lease } from './lease'

/** What a lease is wanted for. */
export interface LeaseNeed {
  provider: string
  keyId?: string
  models?: readonly string[]
  operations?: readonly string[]
  ttlSeconds?: number
  /** Keys that were just refused: another one is wanted. */
  exceptKeyIds?: readonly string[]
}

export type LeaseRoom = Pick<Config, 'clock' | 'delivery'> & { transport: Transport }

/** Asks the service for a lease. A key that travels does so sealed to a key that this request alone has. */
export async function issueLease(room: LeaseRoom, need: LeaseNeed): Promise<{ lease: Lease; renewInMs: number }> {
  const { clock, delivery, transport } = room
  const recipient = delivery === 'gateway' ? null : await import('../direct/open').then(({ createRecipient }) => createRecipient())
  const sentAtMs = clock.monotonicMs()
  const issued = await transport.call<IssuedLease>('POST', '/v1/leases', toRequest(need, delivery, recipient?.publicKey))
  if (!isLease(issued)) throw strange()
  const { credential, token, ...facts } = issued
  const opened = credential && recipient ? await open(recipient, credential, issued.id) : null
  const lease = new Lease(
    {
      issued: facts,
      credential: new Secret(readKey(opened?.key ?? token)),
      auth: (opened?.auth as ProviderAuth | undefined) ?? null, // the service writes it from the same type
      headers: opened?.headers ?? {},
      clock,
      release: (lease) =>
        transport.call<void>('DELETE', `/v1/leases/${lease.id}`, { lastSequence: lease.lastSequence, openIntents: lease.listOpen() }),
    },
    sentAtMs,
  )
  return { lease, renewInMs: issued.renewInMs }
}

function toRequest(need: LeaseNeed, delivery: LeaseRoom['delivery'], publicKey: string | undefined): Partial<IssueLease> {
  const { provider, keyId, models = [], operations = [], ttlSeconds, exceptKeyIds = [] } = need
  return {
    ...(keyId === undefined ? { provider } : { keyId }),
    ...(models.length > 0 && { models: [...models] }),
    ...(operations.length > 0 && { operations: [...operations] }),
    ...(ttlSeconds !== undefined && { ttlSeconds }),
    ...(exceptKeyIds.length > 0 && { exceptKeyIds: [...exceptKeyIds] }),
    ...(delivery !== 'auto' && { delivery }),
    ...(publicKey !== undefined && { publicKey }),
  }
}

/** No schema at run time: what the SDK stands on is there, the rest is the service's word. */
function isLease(issued: Partial<IssuedLease> | null | undefined): boolean {
  const { id, baseUrl, origins, serverTime, issuedAt, expiresInMs, renewInMs, scope } = issued ?? {}
  const numbers = [expiresInMs, renewInMs, Date.parse(serverTime ?? ''), Date.parse(issuedAt ?? '')]
  const lists = [origins, scope?.models, scope?.operations]
  return typeof id === 'string' && URL.canParse(baseUrl ?? '') && numbers.every(Number.isFinite) && lists.every(Array.isArray)
}

interface Recipient {
  open(credential: SealedCredential, leaseId: string): Promise<OpenedCredential>
}

/** Without its cause: what is wrong with a credential may quote it. */
async function open(recipient: Recipient, credential: SealedCredential, leaseId: string): Promise<OpenedCredential> {
  try {
    return await recipient.open(credential, leaseId)
  } catch {
    throw strange()
  }
}

/** A header takes no other characters, and says the whole value when it complains. A JSON document travels in none. */
function readKey(key: unknown): string {
  if (typeof key === 'string' && (/^[\x20-\x7e]+$/.test(key) || key.trimStart().startsWith('{'))) return key
  throw strange()
}

const strange = () => new ConnectionError('The service gave a lease that cannot be used. Check that SDK and service are of one release.')
