import type { Timer } from '../clock'
import type { Config } from '../config'
import type { Emitter } from '../emitter'
import { ConnectionError, KeyleaseError } from '../errors'
import type { Transport } from '../transport/call'
import { untilAborted } from '../until-aborted'
import { issueLease, type LeaseNeed } from './issue'
import type { Lease } from './lease'
import { backOff, isEnd, isRefusal, renewLease } from './renewal'

export interface PoolRoom {
  config: Config
  transport: Transport
  events: Emitter
  /** Hears of each lease before anybody uses it. */
  onIssue?(lease: Lease): void
}

/** A lease that is not over. */
interface Held {
  lease: Lease
  need: LeaseNeed
  /** Under which calls share it; null where one holder asked for its own. */
  key: string | null
  timer: Timer | null
  /** Failed renewals in a row. */
  failures: number
}

type Choice = (lease: Lease) => boolean

/** The leases of one client: one for each kind of need, renewed in the background, shared by all calls that need it. */
export class LeasePool {
  readonly #room: PoolRoom
  readonly #held = new Set<Held>()
  readonly #shared = new Map<string, Held>()
  readonly #issuing = new Map<string, Promise<Lease>>()
  #isClosed = false

  constructor(room: PoolRoom) {
    this.#room = room
  }

  /** The lease that calls with this need share, where it is at hand. */
  find(need: LeaseNeed): Lease | null {
    const known = this.#shared.get(keyOf(need))
    if (!known?.lease.isLive) return null
    if (known.failures > 0 && this.#room.config.onOutage === 'fail') throw outage(this.#room.config)
    return known.lease
  }

  /** The same; where there is none, one is asked for. */
  async acquire(need: LeaseNeed, signal?: AbortSignal): Promise<Lease> {
    signal?.throwIfAborted()
    return this.find(need) ?? untilAborted(this.#issueShared(keyOf(need), need), signal)
  }

  /** A lease for one holder, who gives it back. */
  async hold(need: LeaseNeed): Promise<Lease> {
    return (await this.#issue(null, need)).lease
  }

  /** The provider refused its credential: the next call gets another lease. */
  refuse(lease: Lease): void {
    for (const held of this.#find((one) => one === lease)) this.#retire(held)
  }

  /** Every lease that the service has ended; with a reason, the calls under them end too. */
  revoke(isMeant: Choice, cut?: unknown): Lease[] {
    const meant = this.#find(isMeant)
    for (const held of meant) this.#end(held, cut)
    return meant.map(({ lease }) => lease)
  }

  /** Something has changed: the service is asked whether these still hold. Those that do not end, with this reason their calls too. */
  async renew(withinMs: number, cut?: unknown): Promise<void> {
    const live = this.#find((lease) => lease.isLive)
    if (withinMs > 0) for (const held of live) this.#plan(held, Math.random() * withinMs)
    else await Promise.all(live.map((held) => this.#renew(held, cut)))
  }

  /** Calls to come get another lease as soon as it is there; those under way go on. */
  replace(isMeant: Choice, withinMs: number): void {
    for (const held of this.#find((lease) => lease.isLive && isMeant(lease))) {
      const { key } = held
      if (key !== null) this.#plan(held, Math.random() * withinMs, () => this.#replace(key, held))
    }
  }

  /** Ends the records of the calls under way. */
  leaveCalls(): void {
    for (const { lease } of this.#held) lease.leaveCalls()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const held = [...this.#held]
    for (const one of held) this.#forget(one)
    await Promise.allSettled([...held.map(({ lease }) => lease.release()), ...this.#issuing.values()])
  }

  #issueShared(key: string, need: LeaseNeed): Promise<Lease> {
    const known = this.#issuing.get(key)
    if (known) return known
    const pending = this.#issue(key, need)
      .then((held) => {
        this.#shared.set(key, held)
        return held.lease
      })
      .finally(() => this.#issuing.delete(key))
    this.#issuing.set(key, pending)
    return pending
  }

  async #issue(key: string | null, need: LeaseNeed): Promise<Held> {
    if (this.#isClosed) throw closed()
    const { config, transport, onIssue } = this.#room
    const { lease, renewInMs } = await issueLease({ ...config, transport }, need)
    if (this.#isClosed) {
      await lease.release()
      throw closed()
    }
    for (const old of this.#held) if (old.lease.isOver) this.#held.delete(old)
    const held: Held = { lease, need, key, timer: null, failures: 0 }
    this.#held.add(held)
    lease.onEnd(() => this.#forget(held))
    this.#plan(held, renewInMs)
    onIssue?.(lease)
    return held
  }

  #find(isMeant: Choice): Held[] {
    return [...this.#held].filter(({ lease }) => !lease.isOver && isMeant(lease))
  }

  /** Once, at the latest when the lease ends by itself. */
  #plan(held: Held, ms: number, act: () => Promise<void> = () => this.#renew(held)): void {
    held.timer?.cancel()
    const { clock } = this.#room.config
    held.timer = this.#isClosed ? null : clock.setTimer(() => void act(), Math.max(1, Math.min(ms, held.lease.remainingMs)))
  }

  /** No call is given it any more. */
  #forget(held: Held): void {
    held.timer?.cancel()
    if (held.key !== null && this.#shared.get(held.key) === held) this.#shared.delete(held.key)
  }

  #retire(held: Held): void {
    this.#forget(held)
    held.lease.retire()
  }

  #end({ lease }: Held, cut?: unknown): void {
    const wasLive = lease.isLive
    lease.end('revoked', cut)
    if (wasLive) this.#room.events.emit('revoked', { leaseId: lease.id, provider: lease.provider })
  }

  async #renew(held: Held, cut?: unknown): Promise<void> {
    const { lease, need } = held
    if (!lease.isLive) return this.#awaitExpiry(held)
    try {
      const renewInMs = await renewLease(this.#room, lease, need.ttlSeconds)
      held.failures = 0
      if (!lease.isLive) return
      this.#plan(held, renewInMs)
      this.#room.events.emit('renewed', { leaseId: lease.id, provider: lease.provider })
    } catch (error) {
      if (!lease.isLive) return this.#awaitExpiry(held)
      if (!isRefusal(error)) return this.#retry(held, error)
      if (cut !== undefined || isEnd(error)) return this.#end(held, cut)
      // The next call asks anew, and hears why. One holder's own lease has no next call: it lasts until it expires.
      if (held.key === null) return this.#awaitExpiry(held)
      this.#retire(held)
    }
  }

  #retry(held: Held, error: unknown): void {
    if (held.failures++ === 0) this.#room.events.emit('degraded', { reason: 'service_unreachable', message: describe(error) })
    this.#plan(held, backOff(held.failures))
  }

  #awaitExpiry(held: Held): void {
    const { lease } = held
    if (lease.remainingMs === 0) lease.end('expired')
    if (!lease.hasEnded) this.#plan(held, lease.remainingMs, async () => this.#awaitExpiry(held))
  }

  async #replace(key: string, held: Held): Promise<void> {
    this.#plan(held, held.lease.remainingMs / 3)
    try {
      await this.#issueShared(key, held.need)
      this.#retire(held)
    } catch (error) {
      if (!isRefusal(error)) this.#retry(held, error)
    }
  }
}

const keys = new WeakMap<LeaseNeed, string>()

/** Calls with the same need share a lease; most of them bring the very same need. */
function keyOf(need: LeaseNeed): string {
  const known = keys.get(need)
  if (known !== undefined) return known
  const key = describeNeed(need)
  keys.set(need, key)
  return key
}

const describeNeed = ({ provider, keyId, models = [], operations = [], ttlSeconds, exceptKeyIds = [] }: LeaseNeed): string =>
  JSON.stringify([provider, keyId, [...models].sort(), [...operations].sort(), ttlSeconds, [...exceptKeyIds].sort()])

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const closed = () => new KeyleaseError('closed', 'This Keylease is closed. Make a new one.')

const outage = ({ url }: Config) =>
  new ConnectionError(`The Keylease service at ${url} cannot be reached, and onOutage is 'fail': no call is made until it is back.`)
