import { catchUp } from '../chores'
import type { Config } from '../config'
import type { Emitter } from '../emitter'
import type { Lease } from '../leases/lease'
import type { Transport } from '../transport/call'
import { Dispatch } from './dispatch'
import { ExitWatch } from './exit-watch'
import type { Outcome } from './exporter'
import type { CallEntry, CallFacts, Ledger, LedgerStats, WriteSpan } from './ledger'
import { createLosses, type Losses } from './losses'
import { SpanQueue } from './queue'
import type { CallRecord } from './record'
import type { Spool } from './spool'
import { createSpooling, type Spooling } from './spooling'

export interface LedgerRoom {
  config: Config
  transport: Transport
  events: Emitter
}

export const createLedger = (room: LedgerRoom): Ledger => new CallLedger(room)

/** About four megabytes. With a spool, what is beyond waits on disk. */
const capacity = 4_096
/** After such waits what cannot be sent is tried again before it is given up. */
const lastWaitsMs = [250, 1_000]

/** Calls through the gateway are recorded there: they take no number here and are not reported twice. */
const isReported = (lease: Lease) => lease.delivery !== 'gateway'

class CallLedger implements Ledger {
  readonly #config: Config
  readonly #queue = new SpanQueue(capacity)
  readonly #losses: Losses
  readonly #spooling: Spooling
  readonly #dispatch: Dispatch
  readonly #exit: ExitWatch
  #recorded = 0
  #isClosed = false

  constructor({ config, transport, events }: LedgerRoom) {
    this.#config = config
    this.#losses = createLosses(events)
    this.#spooling = createSpooling(config.spool, events, this.#losses, () => this.#wake())
    this.#dispatch = new Dispatch({
      clock: config.clock,
      events,
      queue: this.#queue,
      losses: this.#losses,
      readSpool: () => this.#spool,
      loadWriter: () => import('./span-bytes').then(({ writeSpan }) => writeSpan).catch(() => null),
      loadSender: () =>
        import('./exporter').then(
          ({ exportSpans }) =>
            (spans) =>
              exportSpans(config, transport, spans),
          toUnloaded,
        ),
    })
    this.#exit = new ExitWatch({
      readRecorded: () => {
        catchUp()
        return this.#recorded
      },
      flush: () => this.#dispatch.flush(),
      close: () => {
        catchUp()
        this.#spool?.close()
      },
    })
  }

  get opening(): Promise<void> | null {
    return this.#spooling.opening
  }

  begin(lease: Lease, readFacts: () => CallFacts): CallEntry {
    const startedAtMs = this.#config.clock.now()
    if (!isReported(lease)) return { lease, sequence: 0, startedAtMs }
    const { id: leaseId, clockOffsetMs } = lease
    const spool = this.#spool
    // Whoever calls one after the other leaves no more than one to be assumed.
    if (spool) catchUp()
    const sequence = lease.nextSequence()
    const intent = spool?.writeIntent({ ...readFacts(), leaseId, sequence, clockOffsetMs, startedAtMs }) ?? null
    if (!this.#isClosed) this.#exit.start()
    return { lease, sequence, startedAtMs, intent }
  }

  finish(entry: CallEntry, record: CallRecord, write: WriteSpan): void {
    if (!isReported(entry.lease)) return
    entry.lease.closeSequence(entry.sequence)
    this.#recorded++
    const spool = this.#spool
    const place = spool?.writeRecord(entry.intent ?? null, record) ?? null
    if (!this.#queue.push(write(record), place)) {
      if (place) spool?.leave(place)
      else this.#losses.count(1, 'more wait than fit into memory. Name a spool directory, and they wait on disk.')
    }
    this.#wake()
  }

  async flush(): Promise<void> {
    await this.#spooling.opening
    await this.#spool?.recovered
    catchUp()
    await this.#dispatch.flush()
  }

  async close(): Promise<void> {
    await this.flush()
    for (const ms of lastWaitsMs) {
      if (this.#waiting === 0) break
      await new Promise<void>((resolve) => void this.#config.clock.setTimer(resolve, ms, 'awaited'))
      await this.flush()
    }
    this.#isClosed = true
    this.#exit.stop()
    this.#dispatch.stop()
    const onlyHere = this.#queue.unspooled
    if (onlyHere > 0) this.#losses.count(onlyHere, 'the service could not be reached before the end.')
    this.#queue.drop(this.#queue.length)
    this.#spool?.close()
    this.#losses.tell()
  }

  stats(): LedgerStats {
    catchUp()
    return {
      waiting: this.#waiting,
      dropped: this.#losses.dropped,
      acknowledged: this.#dispatch.acknowledged,
      unspooled: this.#spool?.unspooled ?? 0,
    }
  }

  get #spool(): Spool | null {
    return this.#spooling.spool
  }

  get #waiting(): number {
    return this.#queue.length + (this.#spool?.waiting ?? 0)
  }

  /** After the end nobody waits for a batch to fill. */
  #wake(): void {
    if (this.#isClosed) return void this.#dispatch.flush()
    this.#exit.start()
    this.#dispatch.wake()
  }
}

/** A program whose files were replaced under it: its calls go on. */
const toUnloaded = (error: unknown) => async (): Promise<Outcome> => ({
  kind: 'later',
  afterMs: null,
  message: `a part of @keylease/sdk cannot be loaded (${error instanceof Error ? error.message : error}).`,
})
