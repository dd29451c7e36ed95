import type { Revocation, RevocationScope, StreamEvents, StreamState } from '@keylease/shared/contracts/lease-events'
import type { Config } from '../config'
import type { Emitter } from '../emitter'
import { LeaseRevokedError } from '../errors'
import type { Transport } from '../transport/call'
import { createConnection, type OpenStream } from './connection'
import type { Lease } from './lease'
import type { LeasePool } from './pool'
import type { ServerEvent } from './server-events'

export interface RevocationsRoom {
  config: Config
  transport: Transport
  events: Emitter
  pool: Pick<LeasePool, 'revoke' | 'renew' | 'replace'>
  openStream: OpenStream
}

export interface Revocations {
  /** A lease was issued: from the first one on the stream is heard, and no revocation slips past one that was on its way. */
  welcome(lease: Lease): void
  stop(): void
}

interface Room extends RevocationsRoom {
  /** Names this connection in acknowledgements. */
  clientId: string | null
  recent: Revocation[]
}

const longestRecent = 100
/** A lease that was issued while the state was on its way is not in it. */
const freshMs = 5_000
/** What concerns a thousand agents at once is not asked by all of them at once. */
const spreadMs = 500

export function createRevocations(given: RevocationsRoom): Revocations {
  const room: Room = { ...given, clientId: null, recent: [] }
  const connection = createConnection(
    room.config,
    room.openStream,
    (event) => handleEvent(room, event),
    () => {
      // The credential is no longer good: neither may be what was leased with it.
      void room.pool.renew(0)
    },
  )
  return {
    welcome(lease) {
      connection.start()
      const missed = room.recent.find((revocation) => isMeant(lease, revocation))
      if (missed) room.pool.revoke((one) => one === lease)
    },
    stop: () => connection.stop(),
  }
}

const handlers: { [Name in keyof StreamEvents]: (room: Room, data: StreamEvents[Name]) => void } = {
  state: applyState,
  'lease.revoked': obey,
  'key.rotated': ({ pool }, { keyId }) => pool.replace((lease) => lease.scope.keyId === keyId, spreadMs),
  'policy.changed': ({ pool }) => void pool.renew(spreadMs),
  'budget.changed': ({ events }, details) => events.emit('budget', { code: 'budget_changed', details }),
}

/** An event of a newer service that this release does not know is left alone. */
function handleEvent(room: Room, { name, data }: ServerEvent): void {
  if (!Object.hasOwn(handlers, name)) return
  const handle = handlers[name as keyof StreamEvents] as (room: Room, data: unknown) => void // found under its own name
  handle(room, JSON.parse(data))
}

/** All that was missed: what is not among the live leases of the agent has ended. */
function applyState(room: Room, { clientId, leases, revocations, serverTime }: StreamState): void {
  const live = new Set(leases.map(({ id }) => id))
  const knownUntil = Date.parse(serverTime) - freshMs
  room.clientId = clientId
  for (const revocation of revocations) void apply(room, revocation)
  room.pool.revoke((lease) => !live.has(lease.id) && Date.parse(lease.issuedAt) < knownUntil)
}

function obey(room: Room, revocation: Revocation): void {
  const isDone = apply(room, revocation)
  const body = { clientId: room.clientId, revocationIds: [revocation.revocationId] }
  // Where it fails, who revoked sees one client less that has said so: the lease has ended all the same.
  void isDone.then(() => room.transport.call('POST', '/v1/events/ack', body, { isBackground: true })).catch(() => undefined)
}

/** Resolves once nothing uses what was revoked. */
function apply({ pool, recent }: Room, revocation: Revocation): Promise<unknown> {
  const cut =
    revocation.inFlight === 'cut'
      ? new LeaseRevokedError('lease_revoked', 'This lease was revoked, and calls under it were ended.')
      : undefined
  // A lease does not know which credential took it: the service is asked about each.
  if (!Object.hasOwn(scopeIds, revocation.scope)) return pool.renew(0, cut)
  recent.push(revocation)
  recent.splice(0, recent.length - longestRecent)
  return Promise.all(pool.revoke((lease) => isMeant(lease, revocation), cut).map((lease) => lease.whenIdle()))
}

const scopeIds: Partial<Record<RevocationScope, (lease: Lease) => string>> = {
  organization: (lease) => lease.scope.organizationId,
  project: (lease) => lease.scope.projectId,
  agent: (lease) => lease.scope.agentId,
  key: (lease) => lease.scope.keyId,
  'key-version': (lease) => lease.scope.keyVersionId,
  grant: (lease) => lease.scope.grantId,
  lease: (lease) => lease.id,
}

const isMeant = (lease: Lease, { scope, scopeId, notBefore }: Revocation): boolean =>
  scopeIds[scope]?.(lease) === scopeId && Date.parse(lease.issuedAt) <= Date.parse(notBefore)
