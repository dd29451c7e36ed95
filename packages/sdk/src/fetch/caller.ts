import type { Provider } from '@keylease/shared/providers/provider'
import type { Clock } from '../clock'
import { ConnectionError } from '../errors'
import type { LeaseNeed } from '../leases/issue'
import type { Lease } from '../leases/lease'
import type { StartSpan } from '../telemetry/span'
import { createStartSpan } from '../telemetry/start-span'
import { type Answer, Attempt } from './attempt'
import { type Call, classify, findLacking } from './classify'
import type { FetchRoom } from './leased-fetch'
import { type Outgoing, toOutgoing } from './outgoing'
import { takeTurn } from './rate-limit'
import { Sending } from './recorder'

type Refuse = (error: unknown) => Promise<Response>
type Fetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>

/** How long another lease may take to come before the provider's own answer is passed on. */
const patienceMs = 2_000
/** Where another lease was of no use, none is asked for again so soon. */
const restMs = 3_000

interface Room extends FetchRoom {
  startSpan: StartSpan
  provider: Provider
  need: LeaseNeed
  /** Until when another lease is not asked for, by what was wrong with which key. */
  resting: Map<string, number>
}

class Prepared {
  constructor(
    readonly lease: Lease,
    readonly call: Call,
  ) {}
}

/** The calls of one provider. */
export function createCaller(given: FetchRoom, provider: Provider, keyId: string | undefined, refuse: Refuse): Fetch {
  const need: LeaseNeed = { provider: provider.id, ...(keyId !== undefined && { keyId }) }
  const startSpan = createStartSpan(given.config, given.readAttribution)
  const room: Room = { ...given, startSpan, provider, need, resting: new Map() }
  // All in one function: each promise that another is waited for with costs a turn.
  return async (input, init) => {
    let attempt: Attempt | null = null
    try {
      const read = toOutgoing(input, init)
      const outgoing = read instanceof Promise ? await read : read
      if (given.ledger.opening) await given.ledger.opening
      const prepared = prepareNow(room, outgoing) ?? (await prepare(room, need, outgoing, outgoing.signal ?? undefined))
      attempt = begin(room, prepared)
      const first = attempt.answered(await attempt.send())
      return first.response.status < 400 ? first.deliver() : await deliverBest(room, prepared, first)
    } catch (error) {
      attempt?.failed(error)
      return refuse(error)
    }
  }
}

async function deliverBest(room: Room, prepared: Prepared, first: Answer): Promise<Response> {
  try {
    return (await tryAgain(room, prepared, first)) ?? first.deliver()
  } catch (error) {
    await first.discard()
    throw error
  }
}

/** With the lease at hand, where that fits: nothing is waited for. */
function prepareNow({ pool, provider, need }: Room, outgoing: Outgoing): Prepared | null {
  const lease = outgoing.signal?.aborted ? null : pool.find(need)
  if (lease === null) return null
  const call = classify(provider, lease, outgoing)
  return findLacking(lease, call) === null ? new Prepared(lease, call) : null
}

/** A lease that fits what is asked for: where the first does not, the service is asked for one that does, or says why there is none. */
async function prepare(room: Room, need: LeaseNeed, outgoing: Outgoing, signal: AbortSignal | undefined): Promise<Prepared> {
  const { pool, provider } = room
  for (let tries = 0; ; tries++) {
    let lease = await pool.acquire(need, signal)
    let call = classify(provider, lease, outgoing)
    const lacking = findLacking(lease, call)
    if (lacking) {
      lease = await pool.acquire({ ...need, ...lacking }, signal)
      call = classify(provider, lease, outgoing)
    }
    // It may have ended in the moment between being given and being taken.
    if (lease.isLive || tries === 2) return new Prepared(lease, call)
  }
}

function begin(room: Room, { call, lease }: Prepared): Attempt {
  const turn = takeTurn(room.config.clock, lease, call)
  const span = room.startSpan(call.found.operation.kind, () => call.request.model)
  return new Attempt(room, new Sending(call, lease, turn, span))
}

async function attemptOnce(room: Room, prepared: Prepared): Promise<Answer> {
  const attempt = begin(room, prepared)
  try {
    return attempt.answered(await attempt.send())
  } catch (error) {
    attempt.failed(error)
    throw error
  }
}

/**
 * Once, at once, and only where nothing was delivered and the body can be sent again: with a renewed lease where the provider refused the
 * key, with another key where it is out of capacity. Null where nothing better is to be had. Waiting is the client's.
 */
async function tryAgain(room: Room, { lease, call }: Prepared, first: Answer): Promise<Response | null> {
  const { status } = first.response
  const { outgoing } = call
  const need = findOtherNeed(room, lease, status)
  if (need === null) return null
  if (status === 401) room.pool.refuse(lease)
  if (outgoing.stream !== null) return null
  const second = await attemptOther(room, need, outgoing)
  if (second === null || (status === 401 && second.response.status === 401)) rest(room, lease, status)
  if (second === null) return null
  await first.discard()
  return second.deliver()
}

function findOtherNeed({ need, resting, config }: Room, lease: Lease, status: number): LeaseNeed | null {
  if ((resting.get(restKey(lease, status)) ?? 0) > config.clock.monotonicMs()) return null
  if (status === 401) return need
  const isOutOfCapacity = status === 429 || status >= 500
  return isOutOfCapacity && need.keyId === undefined && lease.delivery !== 'gateway' ? { ...need, exceptKeyIds: [lease.scope.keyId] } : null
}

const rest = ({ resting, config }: Room, lease: Lease, status: number) =>
  void resting.set(restKey(lease, status), config.clock.monotonicMs() + restMs)

const restKey = ({ scope }: Lease, status: number) => (status === 401 ? scope.keyVersionId : scope.keyId)

/** Null where there is no other lease, or nothing came of it: then the provider's first answer is the truth. */
async function attemptOther(room: Room, need: LeaseNeed, outgoing: Outgoing): Promise<Answer | null> {
  const patience = startPatience(room.config.clock, outgoing.signal)
  try {
    const prepared = await prepare(room, need, outgoing, patience.signal)
    patience.end()
    return await attemptOnce(room, prepared)
  } catch (error) {
    if (outgoing.signal?.aborted) throw error
    return null
  } finally {
    patience.end()
  }
}

function startPatience(clock: Clock, signal: AbortSignal | null) {
  const late = new AbortController()
  const timer = clock.setTimer(() => late.abort(new ConnectionError('The service took too long.')), patienceMs, 'awaited')
  return { signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal, end: () => timer.cancel() }
}
