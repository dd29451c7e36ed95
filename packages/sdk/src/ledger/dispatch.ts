import type { Clock, Timer } from '../clock'
import type { Emitter } from '../emitter'
import type { Outcome } from './exporter'
import type { WriteSpan } from './ledger'
import type { Losses } from './losses'
import type { Batch, SpanQueue } from './queue'
import type { Spool } from './spool'

/** Never rejects. It copies what it is given before anybody else has a turn. */
type SendSpans = (spans: Uint8Array) => Promise<Outcome>

export interface DispatchRoom {
  clock: Clock
  events: Emitter
  queue: SpanQueue
  losses: Losses
  /** Null until it is open, and where there is none. */
  readSpool(): Spool | null
  /** What reads the spool back writes its spans anew; null where that cannot be loaded. */
  loadWriter(): Promise<WriteSpan | null>
  /** What it sends with is loaded with the first report. */
  loadSender(): Promise<SendSpans>
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
    if (this.#room.queue.length === 0) return false
    const send = await this.#room.loadSender()
    const batch = this.#room.queue.peek(batchSize)
    const outcome = await send(batch.bytes)
    if (outcome.kind === 'later') this.#postpone(outcome)
    else this.#settle(batch, outcome)
    return outcome.kind !== 'later'
  }

  async #refill(): Promise<void> {
    const { queue } = this.#room
    const spool = this.#room.readSpool()
    if (!spool || spool.waiting === 0 || queue.length >= batchSize) return
    const write = await this.#room.loadWriter()
    if (write === null) return
    for (const { record, place } of await spool.take(queue.room)) if (!queue.push(write(record), place)) spool.leave(place)
  }

  #postpone({ afterMs, message }: Outcome & { kind: 'later' }): void {
    if (this.#failures === 0) {
      this.#room.events.emit('degraded', { reason: 'reports_waiting', message: `Reports of calls wait and are sent again: ${message}` })
    }
    this.#plan(afterMs === null ? toBackOff(this.#failures) : Math.min(afterMs, longestAskedMs) * (1 + Math.random() * 0.2))
    this.#failures++
  }

  #settle({ count, places }: Batch, outcome: Exclude<Outcome, { kind: 'later' }>): void {
    const { queue, losses, readSpool } = this.#room
    this.#failures = 0
    queue.drop(count)
    readSpool()?.forget(places)
    const lost = outcome.kind === 'refused' ? count : Math.min(outcome.rejected, count)
    this.#acknowledged += count - lost
    if (lost > 0) losses.count(lost, outcome.message || 'the service did not take them.')
    else losses.tell()
  }

  get #waiting(): number {
    return this.#room.queue.length + (this.#room.readSpool()?.waiting ?? 0)
  }
}

/** Jittered, so that a thousand agents do not come back together. */
const toBackOff = (failures: number) => Math.min(longestBackOffMs, firstBackOffMs * 2 ** failures) * (0.5 + Math.random())
