import type { Clock, Timer } from '../clock'
import type { Emitter } from '../emitter'
import type { Outcome } from './exporter'
import type { Losses } from './losses'
import type { RecordQueue, Waiting } from './queue'
import type { CallRecord } from './record'
import type { Spool } from './spool'

export interface DispatchRoom {
  clock: Clock
  events: Emitter
  queue: RecordQueue
  losses: Losses
  /** Null until it is open, and where there is none. */
  readSpool(): Spool | null
  /** Never rejects. */
  send(records: readonly CallRecord[]): Promise<Outcome>
}

const batchSize = 512
const batchMs = 1_000
const firstBackOffMs = 1_000
const longestBackOffMs = 30_000
/** No service asks for longer without being away. */
const longestAskedMs = 300_000

/** Sends what waits in batches, one at a time; what the service has is forgotten, what it may take later waits. */
export class Dispatch {
  readonly #room: DispatchRoom
  #timer: Timer | null = null
  #dueAtMs = Number.POSITIVE_INFINITY
  #failures = 0
  #acknowledged = 0
  #running: Promise<void> = Promise.resolve()
  #isRunning = false

  constructor(room: DispatchRoom) {
    this.#room = room
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** There is something to send: with the next batch, or at once where that is full. */
  wake(): void {
    if (this.#isRunning) return
    const { clock, queue } = this.#room
    // While a function is frozen its timers stand still: what is overdue by the wall clock is sent with the next call.
    const isDue = clock.now() >= this.#dueAtMs || (this.#failures === 0 && queue.length >= batchSize)
    if (isDue) void this.#run(false)
    else if (this.#timer === null) this.#plan(batchMs)
  }

  /** One attempt for everything that waits. */
  flush(): Promise<void> {
    return this.#run(true)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#dueAtMs = Number.POSITIVE_INFINITY
  }

  #plan(ms: number): void {
    const { clock } = this.#room
    this.stop()
    this.#dueAtMs = clock.now() + ms
    this.#timer = clock.setTimer(() => void this.#run(false), ms)
  }

  #run(isForced: boolean): Promise<void> {
    if (this.#isRunning && !isForced) return this.#running
    this.#isRunning = true
    const mine = this.#running
      .then(() => this.#drain(isForced))
      .finally(() => {
        if (this.#running === mine) this.#isRunning = false
      })
    this.#running = mine
    return mine
  }

  async #drain(isForced: boolean): Promise<void> {
    this.stop()
    let isMore = true
    while (isMore) isMore = (await this.#sendBatch()) && this.#waiting >= (isForced ? 1 : batchSize)
    if (this.#timer === null && this.#waiting > 0) this.#plan(batchMs)
  }

  /** True where it was settled, and more may be sent now. */
  async #sendBatch(): Promise<boolean> {
    await this.#refill()
    const batch = this.#room.queue.peek(batchSize)
    if (batch.length === 0) return false
    const outcome = await this.#room.send(batch.map(({ record }) => record))
    if (outcome.kind === 'later') this.#postpone(outcome)
    else this.#settle(batch, outcome)
    return outcome.kind !== 'later'
  }

  async #refill(): Promise<void> {
    const { queue } = this.#room
    const spool = this.#room.readSpool()
    if (!spool || spool.waiting === 0 || queue.length >= batchSize) return
    for (const spooled of await spool.take(queue.room)) if (!queue.push(spooled)) spool.leave(spooled.place)
  }

  #postpone({ afterMs, message }: Outcome & { kind: 'later' }): void {
    if (this.#failures === 0) {
      this.#room.events.emit('degraded', { reason: 'reports_waiting', message: `Reports of calls wait and are sent again: ${message}` })
    }
    this.#plan(afterMs === null ? toBackOff(this.#failures) : Math.min(afterMs, longestAskedMs) * (1 + Math.random() * 0.2))
    this.#failures++
  }

  #settle(batch: readonly Waiting[], outcome: Exclude<Outcome, { kind: 'later' }>): void {
    const { queue, losses, readSpool } = this.#room
    this.#failures = 0
    queue.drop(batch.length)
    readSpool()?.forget(batch.flatMap(({ place }) => place ?? []))
    const lost = outcome.kind === 'refused' ? batch.length : Math.min(outcome.rejected, batch.length)
    this.#acknowledged += batch.length - lost
    if (lost > 0) losses.count(lost, outcome.message || 'the service did not take them.')
    else losses.tell()
  }

  get #waiting(): number {
    return this.#room.queue.length + (this.#room.readSpool()?.waiting ?? 0)
  }
}

/** Jittered, so that a thousand agents do not come back together. */
const toBackOff = (failures: number) => Math.min(longestBackOffMs, firstBackOffMs * 2 ** failures) * (0.5 + Math.random())
