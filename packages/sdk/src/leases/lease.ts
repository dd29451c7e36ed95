import type { ProviderAuth } from '@keylease/shared/providers/provider'
import { Secret } from '@keylease/shared/secret'
import { catchUp } from '../chores'
import type { Clock } from '../clock'
import { createError } from '../errors'
import { takeOut } from '../take-out'
import type { IssuedFacts, LeaseScope } from './issued'

/** What of a call's lease is known, whatever holds it. */
export interface LeaseFacts {
  issued: IssuedFacts
  /** The provider's key, or the lease token for the gateway. */
  credential: Secret
  /** How that travels, where the service said so. */
  auth: ProviderAuth | null
  /** Sent with every request that does not bring its own. */
  headers: Readonly<Record<string, string>>
  clock: Clock
  release(lease: Lease): Promise<void>
}

/** A call under a lease, as the lease needs to know it. */
export interface OpenCall {
  /** Ends it with this reason. */
  cut(reason: unknown): void
  /** Its record ends as it is; its bytes go on. */
  leave(): void
}

type LeaseEnd = 'released' | 'revoked' | 'expired'

/** A call in flight leaves nothing to a lease that is about to end. */
const safetyMs = 2_000
const longestList = 1_000

/** One grant exercised by this process, until it is released, revoked or over. */
export class Lease implements AsyncDisposable {
  readonly id: string
  readonly provider: string
  readonly delivery: IssuedFacts['delivery']
  readonly baseUrl: string
  readonly origins: readonly string[]
  readonly scope: LeaseScope
  readonly issuedAt: string
  readonly auth: ProviderAuth | null
  readonly headers: Readonly<Record<string, string>>
  /** How far this machine's clock is behind the service's. */
  readonly clockOffsetMs: number
  readonly #clock: Clock
  readonly #release: LeaseFacts['release']
  readonly #calls: OpenCall[] = []
  readonly #open: number[] = []
  #credential: Secret | null
  #endsAtMs: number
  #endsAtWallMs: number
  #sequence = 0
  #isRetired = false
  #hearEnd: () => void = () => undefined
  #hearIdle: (() => void)[] = []
  #ended: LeaseEnd | null = null

  constructor(facts: LeaseFacts, sentAtMs: number) {
    const { issued, credential, clock } = facts
    this.id = issued.id
    this.provider = issued.provider
    this.delivery = issued.delivery
    this.baseUrl = issued.baseUrl
    this.origins = issued.origins
    this.scope = issued.scope
    this.issuedAt = issued.issuedAt
    this.auth = facts.auth
    this.headers = facts.headers
    this.clockOffsetMs = Math.round(Date.parse(issued.serverTime) - clock.now())
    this.#clock = clock
    this.#release = facts.release
    this.#credential = credential
    this.#endsAtMs = sentAtMs + issued.expiresInMs
    this.#endsAtWallMs = clock.now() + issued.expiresInMs
  }

  /** The provider's key, or the token for the gateway; a lease that has ended gives nothing away. */
  get credential(): Secret {
    if (this.remainingMs === 0) this.end('expired')
    if (this.#credential !== null) return this.#credential
    throw createError(`lease_${this.#ended ?? 'released'}`, 'This lease has ended. Take a new one.', {})
  }

  /** The next number of this lease: every one that is taken is reported. */
  nextSequence(): number {
    this.#open.push(++this.#sequence)
    return this.#sequence
  }

  /** What became of the call is written down. */
  closeSequence(sequence: number): void {
    takeOut(this.#open, sequence)
  }

  /** Calls that have begun and whose outcome is not known yet, the oldest first: as many as the service takes. */
  listOpen(): { sequence: number }[] {
    catchUp()
    return this.#open.slice(0, longestList).map((sequence) => ({ sequence }))
  }

  get lastSequence(): number {
    return this.#sequence
  }

  /** Whether a new call may take it. */
  get isLive(): boolean {
    return this.#ended === null && !this.#isRetired && this.remainingMs > safetyMs
  }

  get hasEnded(): boolean {
    return this.#ended !== null
  }

  /** It has ended, and so has every call under it. */
  get isOver(): boolean {
    return this.#ended !== null && this.#calls.length === 0
  }

  /** By the clock that says less: one stands still while a function is frozen, the other may be set back. */
  get remainingMs(): number {
    return Math.max(0, Math.min(this.#endsAtMs - this.#clock.monotonicMs(), this.#endsAtWallMs - this.#clock.now()))
  }

  /** Counted from when the renewal was sent, so never longer than the service counts. A token of the gateway is renewed with it. */
  extend(sentAtMs: number, expiresInMs: number, token: string | null): void {
    if (this.#ended !== null) return
    const agoMs = this.#clock.monotonicMs() - sentAtMs
    this.#endsAtMs = sentAtMs + expiresInMs
    this.#endsAtWallMs = this.#clock.now() - agoMs + expiresInMs
    if (token !== null) this.#credential = new Secret(token)
  }

  /** No new call takes it. With a reason, calls that are under way end as well. */
  end(how: LeaseEnd, cut?: unknown): void {
    if (this.#ended === null) {
      this.#ended = how
      this.#credential = null
      this.#hearEnd()
    }
    if (cut !== undefined) for (const call of [...this.#calls]) call.cut(cut)
  }

  onEnd(hear: () => void): void {
    this.#hearEnd = hear
  }

  /** A call under this lease has begun; what comes back says that it is over. */
  openCall(call: OpenCall): () => void {
    this.#calls.push(call)
    return () => {
      if (!takeOut(this.#calls, call) || this.#calls.length > 0) return
      for (const hear of this.#hearIdle.splice(0)) hear()
      if (this.#isRetired) void this.#releaseQuietly()
    }
  }

  /** Resolves once no call is under way. */
  whenIdle(): Promise<void> {
    return this.#calls.length === 0 ? Promise.resolve() : new Promise((resolve) => this.#hearIdle.push(resolve))
  }

  /** Whoever closes does not wait for answers that nobody may ever read. */
  leaveCalls(): void {
    for (const call of [...this.#calls]) call.leave()
  }

  /** No new call takes it; it is given back once the calls under way are over. */
  retire(): void {
    this.#isRetired = true
    if (this.#calls.length === 0) void this.#releaseQuietly()
  }

  /** Nobody waits for it: what cannot be given back now ends by itself. */
  async #releaseQuietly(): Promise<void> {
    await this.release().catch(() => undefined)
  }

  /** Gives the lease back. Asked twice, it is given back once. */
  async release(): Promise<void> {
    if (this.#ended !== null) return
    this.end('released')
    await this.#release(this)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }
}
