import type { LiveState } from '@keylease/shared/contracts/live-events'
import type { Deps } from '../../../deps'
import type { Actor } from '../../../platform/auth'
import { AppError } from '../../../platform/errors'
import { createEventStream, type EventStream, formatEvent } from '../../../platform/event-stream'
import { reachOf } from '../../../platform/reach'
import { type Audience, createAudience, endDead, gatherUsage, tellAudience, type Watcher } from './audience'
import { gatherChange, shownChanges } from './changes'

export interface LiveStreams {
  /** `isAlive` asks again whether the credential that opened it is still good for the same. */
  open(actor: Actor, isAlive: () => Promise<boolean>, readState: () => Promise<LiveState>): Promise<EventStream['body']>
}

type Room = Pick<Deps, 'events' | 'live' | 'lifecycle' | 'clock'>
type Audiences = Map<string, Audience>

const heartbeatMs = 15_000
const gatherMs = 250
const retryMs = 2_000
const maximumStreams = 2_000
const maximumPerOrganization = 1_000
const maximumPerCaller = 20
const credentialKinds = [
  ...['sessions.changed', 'members.changed', 'settings.changed', 'bootstrap.changed'],
  ...['platform-key.changed', 'trust-rule.changed', 'agent.changed', 'project.changed'],
]

/** The live streams of this process, by organization: what is told is gathered first, so that a burst is a few messages. */
export function createLiveStreams(room: Room): LiveStreams {
  const audiences: Audiences = new Map()
  listen(room, audiences)
  const heart = setInterval(() => beat(audiences), heartbeatMs).unref()
  room.lifecycle.onDrain(() => clearInterval(heart))

  return {
    async open(actor, isAlive, readState) {
      const { organizationId } = actor
      const caller = `${actor.kind}:${actor.id}`
      refuseTooMany(audiences, organizationId, caller)
      if (room.lifecycle.isDraining()) throw new AppError('unavailable', { retryAfterSeconds: 1 })
      const gathered: string[] = []
      let send = (text: string): void => void gathered.push(text)
      const stream = createEventStream(() => leave(audiences, organizationId, watcher))
      const watcher: Watcher = { caller, teams: reachOf(actor), isAlive, stream: { ...stream, send: (text) => send(text) } }
      // Heard before the state is read, sent after it: nothing falls between the two.
      const audience = audiences.get(organizationId) ?? createAudience()
      audience.watchers.add(watcher)
      audiences.set(organizationId, audience)
      try {
        stream.send(`retry: ${retryMs}\n\n${formatEvent('state', await readState())}`)
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

function refuseTooMany(audiences: Audiences, organizationId: string, caller: string): void {
  const total = [...audiences.values()].reduce((sum, { watchers }) => sum + watchers.size, 0)
  const own = [...(audiences.get(organizationId)?.watchers ?? [])]
  const ofCaller = own.filter((watcher) => watcher.caller === caller).length
  if (total < maximumStreams && own.length < maximumPerOrganization && ofCaller < maximumPerCaller) return
  throw new AppError('too_many_streams', {
    message: `Too many live streams are open: ${maximumPerCaller} is the most of one credential. Close some, or wait.`,
    retryAfterSeconds: 5,
  })
}

function leave(audiences: Audiences, organizationId: string, watcher: Watcher): void {
  const audience = audiences.get(organizationId)
  if (!audience) return
  audience.watchers.delete(watcher)
  if (audience.watchers.size > 0) return
  clearTimeout(audience.timer)
  audiences.delete(organizationId)
}

function beat(audiences: Audiences): void {
  for (const { watchers } of audiences.values()) {
    for (const { stream } of watchers) stream.send(': still here\n\n')
    void endDead(watchers)
  }
}

function listen({ events, live, lifecycle, clock }: Room, audiences: Audiences): void {
  const tellSoon = (audience: Audience) => {
    audience.timer ??= setTimeout(() => void tell(audience), gatherMs).unref()
  }
  const tell = async (audience: Audience) => {
    const isSuspect = audience.isSuspect
    audience.isSuspect = false
    // Whose credential has ended hears not even what ended it.
    if (isSuspect) await endDead(audience.watchers)
    tellAudience(audience, clock.now())
    audience.timer = undefined
    if (audience.isSuspect) tellSoon(audience)
  }
  const gather = (organizationId: string, add: (audience: Audience) => void) => {
    const audience = audiences.get(organizationId)
    if (!audience) return
    add(audience)
    tellSoon(audience)
  }
  const endAll = () => {
    for (const { watchers } of [...audiences.values()]) for (const { stream } of [...watchers]) stream.end()
  }

  for (const [kind, shown] of Object.entries(shownChanges)) {
    events.on(kind, (change) => gather(change.organizationId, (audience) => gatherChange(audience.changes, shown, change)))
  }
  for (const kind of credentialKinds) {
    events.on(kind, ({ organizationId }) =>
      gather(organizationId, (audience) => {
        audience.isSuspect = true
      }),
    )
  }
  // What may have been missed is told anew: who connects again begins with the state.
  live.on({ hear: (organizationId, teams) => gather(organizationId, (audience) => gatherUsage(audience, teams)), miss: endAll })
  events.on('reload', endAll)
  lifecycle.onDrain(endAll)
}
