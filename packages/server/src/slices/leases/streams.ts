import type { Revocation, StreamEvents, StreamState } from '@keylease/shared/contracts/lease-events'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import type { Change } from '../../platform/change-feed'
import { AppError } from '../../platform/errors'
import { createEventStream, type EventStream, formatEvent } from '../../platform/event-stream'
import { leaseRevoked, toRevocation } from '../../platform/revocations'
import type { AgentActor } from './holder'
import { connectClient, disconnectClients, touchClients } from './stream-rows'

export interface Streams {
  /** `isAlive` asks again whether the credential that opened it is still good. */
  open(actor: AgentActor, isAlive: () => Promise<boolean>): Promise<EventStream['body']>
}

interface Client {
  id: string
  agentId: string
  stream: EventStream
  isAlive(): Promise<boolean>
}

type Room = Pick<Deps, 'db' | 'events' | 'databaseTime' | 'lifecycle' | 'log'>
type Clients = Map<string, Set<Client>>

const heartbeatMs = 15_000
const gatherMs = 250
const maximumStreams = 10_000
const maximumPerAgent = 100
const longestLifeMs = 24 * 60 * 60_000
const policyKinds = ['policy.changed', 'project.changed', 'settings.changed']
const credentialKinds = ['platform-key.changed', 'trust-rule.changed', 'agent.changed', 'project.changed']

export function createStreams(room: Room): Streams {
  const { db, events, log } = room
  const clients: Clients = new Map()
  const of = (organizationId: string) => clients.get(organizationId) ?? new Set()
  const isAlive = (client: Client) => client.isAlive().catch(() => true)
  const endDead = async (client: Client) => void ((await isAlive(client)) || client.stream.end())

  hear(room, of)
  for (const kind of credentialKinds) events.on(kind, ({ organizationId }) => void Promise.all([...of(organizationId)].map(endDead)))
  // What may have been missed is told anew: who connects again begins with the state.
  const endAll = () => {
    for (const { stream } of [...clients.values()].flatMap((some) => [...some])) stream.end()
  }
  events.on('reload', endAll)
  room.lifecycle.onDrain(endAll)

  const beat = () => {
    for (const [organizationId, some] of clients) {
      for (const client of some) {
        client.stream.send(': still here\n\n')
        void endDead(client)
      }
      const ids = [...some].map(({ id }) => id)
      touchClients(db.appPool, organizationId, ids).catch((error: unknown) =>
        log.debug({ err: error }, 'event clients could not be touched'),
      )
    }
  }
  const heart = setInterval(beat, heartbeatMs).unref()
  room.lifecycle.onDrain(() => clearInterval(heart))

  const leave = (organizationId: string, client: Client) => {
    const some = of(organizationId)
    some.delete(client)
    if (some.size === 0) clients.delete(organizationId)
    disconnectClients(db.appPool, organizationId, [client.id]).catch((error: unknown) =>
      log.debug({ err: error }, 'an event client stays listed until it is stale'),
    )
  }

  return {
    async open({ organizationId, agentId }, isStillGood) {
      refuseTooMany(clients, of(organizationId), agentId)
      if (room.lifecycle.isDraining()) throw new AppError('unavailable', { retryAfterSeconds: 1 })
      const gathered: string[] = []
      const stream = createEventStream(() => leave(organizationId, client))
      let send = (text: string): void => void gathered.push(text)
      const client: Client = { id: newId('eventClient'), agentId, isAlive: isStillGood, stream: { ...stream, send: (text) => send(text) } }
      // Heard before the state is read, sent after it: nothing falls between the two.
      clients.set(organizationId, of(organizationId).add(client))
      try {
        stream.send(formatEvent('state', await readState(room, { id: client.id, organizationId, agentId })))
      } catch (error) {
        stream.end()
        throw error
      }
      send = stream.send
      for (const text of gathered) send(text)
      return stream.body
    },
  }
}

function refuseTooMany(clients: Clients, own: Set<Client>, agentId: string): void {
  const total = [...clients.values()].reduce((sum, some) => sum + some.size, 0)
  const ofAgent = [...own].filter((client) => client.agentId === agentId).length
  if (total >= maximumStreams || ofAgent >= maximumPerAgent) throw new AppError('too_many_streams', { retryAfterSeconds: 5 })
}

/** Which change becomes which event, and for whom. */
function hear({ events }: Room, of: (organizationId: string) => Set<Client>): void {
  const send = <Name extends keyof StreamEvents>(
    { organizationId, id }: Pick<Change, 'organizationId'> & { id?: string },
    name: Name,
    data: StreamEvents[Name],
    isFor: (client: Client) => boolean = () => true,
  ) => {
    const text = formatEvent(name, data, id)
    for (const client of of(organizationId)) if (isFor(client)) client.stream.send(text)
  }
  events.on(leaseRevoked, (change) => {
    const { agents, notBefore, organizationId: _, ...named } = toRevocation(change)
    const revocation: Revocation = { ...named, notBefore: new Date(notBefore).toISOString() }
    send(change, 'lease.revoked', revocation, ({ agentId }) => agents === null || agents.includes(agentId))
  })
  events.on('provider-key.changed', (change) => {
    if (change.payload['rotated'] === true) send(change, 'key.rotated', { keyId: String(change.payload['keyId']) })
  })
  events.on('budget.changed', (change) => send(change, 'budget.changed', {}))
  const waiting = new Set<string>()
  const tellSoon = ({ organizationId }: Change) => {
    if (waiting.has(organizationId) || of(organizationId).size === 0) return
    waiting.add(organizationId)
    setTimeout(() => {
      waiting.delete(organizationId)
      send({ organizationId }, 'policy.changed', {})
    }, gatherMs).unref()
  }
  for (const kind of policyKinds) events.on(kind, tellSoon)
}

async function readState(
  { db, databaseTime }: Room,
  client: { id: string; organizationId: string; agentId: string },
): Promise<StreamState> {
  const now = databaseTime.now()
  const oldest = newId('lease', { now: () => now.getTime() - longestLifeMs, fill: (bytes) => void bytes.fill(0) })
  const { leases, revocations } = await connectClient(db.appPool, client, now, oldest)
  return {
    serverTime: now.toISOString(),
    clientId: client.id,
    leases: leases.map(({ id, issuedAt, expiresAt }) => ({
      id,
      issuedAt: issuedAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      expiresInMs: expiresAt.getTime() - now.getTime(),
    })),
    revocations: revocations.map((row) => ({ ...row, notBefore: row.notBefore.toISOString() })),
  }
}
