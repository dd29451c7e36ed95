import type { AnswerEnd, UsageReading } from '@keylease/shared/metering/reading'
import { oneRequest } from '@keylease/shared/pricing/vector'
import { type Chore, catchUp } from '../chores'
import type { Config } from '../config'
import type { Lease, OpenCall } from '../leases/lease'
import type { CallEntry, CallFacts, Ledger } from '../ledger/ledger'
import type { CallRecord } from '../ledger/record'
import { writeSpan } from '../ledger/span-bytes'
import type { CallSpan } from '../telemetry/span'
import type { Call } from './classify'
import { type AnswerTaker, LateReader, readNothing } from './late-reader'
import type { LinkedAbort } from './linked-abort'
import { postpone } from './postpone'
import type { Turn } from './rate-limit'

export interface RecorderRoom {
  config: Config
  ledger: Ledger
}

/** A call with all that it is sent with. */
export class Sending {
  constructor(
    readonly call: Call,
    readonly lease: Lease,
    readonly turn: Turn,
    readonly span: CallSpan,
  ) {}
}

/**
 * Writes one sending down, once, whatever becomes of it: after its caller was served. Where the caller traces it, before that, for a span
 * ends before its parent.
 */
export class Recorder implements OpenCall, Chore {
  readonly #room: RecorderRoom
  readonly #sending: Sending
  readonly #entry: CallEntry
  readonly #close: () => void
  readonly #link: LinkedAbort
  #reader: LateReader | null = null
  /** Of its answer; nothing else is held of what its caller may let go of. */
  #httpStatus: number | null = null
  #firstByteAtMs: number | null = null
  #wasSent = false
  #isWritten = false
  #end: End | null = null

  constructor(room: RecorderRoom, sending: Sending, link: LinkedAbort) {
    const { call, lease, span } = sending
    this.#room = room
    this.#sending = sending
    this.#link = link
    this.#entry = room.ledger.begin(lease, () => toFacts(sending))
    this.#close = lease.openCall(this)
    span.content.input(call.body)
  }

  cut(reason: unknown): void {
    this.#link.abort(reason)
  }

  leave(): void {
    this.end('aborted')
  }

  /** It is about to leave: from here on it may cost something. */
  send(): void {
    this.#wasSent = true
  }

  /** What takes its answer. */
  answer(response: Response): AnswerTaker {
    const { call, span } = this.#sending
    this.#httpStatus = response.status
    this.#reader = new LateReader(call, response, span.content)
    return this.#reader
  }

  firstByte(): void {
    this.#firstByteAtMs = this.#room.config.clock.now()
  }

  end(how: AnswerEnd, error?: unknown): void {
    if (this.#end !== null) return
    this.#end = new End(how, error, this.#room.config.clock.now())
    this.#close()
    postpone(this, isOnDisk(this.#entry) || this.#reader?.isLarge)
    if (this.#sending.span.isTraced) catchUp()
  }

  run(): void {
    const { how = 'broken' } = this.#end ?? {}
    try {
      this.#write(this.#reader?.end(how) ?? readNothing(this.#sending.call, how))
    } catch {
      // Nobody could read what it used: it is estimated from what was asked.
      if (!this.#isWritten) this.#write(readNothing(this.#sending.call, 'broken'))
    }
  }

  #write(reading: UsageReading): void {
    if (this.#end === null) return
    const { turn, span } = this.#sending
    const record = this.#toRecord(this.#end, reading)
    turn.settle(record.reading.vector)
    this.#room.ledger.finish(this.#entry, record, writeSpan)
    this.#isWritten = true
    span.end(record)
  }

  #toRecord({ how, error, atMs }: End, reading: UsageReading): CallRecord {
    const { call, lease } = this.#sending
    const { sequence, startedAtMs } = this.#entry
    const httpStatus = this.#httpStatus
    const isSent = this.#wasSent && !isUnreached(error)
    const end = how === 'aborted' && error === undefined && isTold(reading) ? 'complete' : how
    const errorType = error === undefined ? readErrorType(reading, httpStatus) : describe(error)
    const firstByteAtMs = call.request.isStream ? this.#firstByteAtMs : null
    const record: CallRecord = {
      ...toFacts(this.#sending),
      leaseId: lease.id,
      sequence,
      clockOffsetMs: lease.clockOffsetMs,
      startedAtMs,
      endedAtMs: atMs,
      firstTokenMs: firstByteAtMs === null ? null : Math.max(0, firstByteAtMs - startedAtMs),
      status: toStatus(end, httpStatus, errorType),
      httpStatus,
      errorType,
      end,
      reading: isSent ? reading : { ...reading, vector: oneRequest({ requests: 0 }), quality: 'exact' },
    }
    if (call.filledOutputCap !== null) record.filledOutputCap = call.filledOutputCap
    return record
  }
}

/** Its intent is: nothing of it should be missing there for long. */
const isOnDisk = ({ intent }: CallEntry): boolean => typeof intent === 'number'

const toFacts = ({ call, span }: Sending): CallFacts => ({
  ...span.ids,
  provider: call.provider.id,
  operation: call.found.operation.kind,
  endpoint: call.endpoint,
  region: call.region,
  billsOnDisconnect: call.provider.billsOnDisconnect,
  request: call.request,
  attribution: span.attribution,
})

class End {
  constructor(
    readonly how: AnswerEnd,
    readonly error: unknown,
    readonly atMs: number,
  ) {}
}

function toStatus(how: AnswerEnd, httpStatus: number | null, errorType: string | null): CallRecord['status'] {
  if (how === 'aborted') return 'aborted'
  return errorType !== null || how === 'broken' || httpStatus === null ? 'error' : 'ok'
}

/** Clients leave a stream at the word that ends it, before its connection does. */
const isTold = ({ quality, finishReason }: UsageReading): boolean => quality === 'exact' && finishReason !== null

const readErrorType = ({ error }: UsageReading, httpStatus: number | null): string | null =>
  error?.code ?? error?.type ?? (httpStatus !== null && httpStatus >= 400 ? String(httpStatus) : null)

/** A code where there is one, as of the network; never the message, which may quote anything. */
function describe(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code ?? findCode(error)
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown'
}

/** What fetch says of the network lies in its cause. */
const findCode = (error: unknown): unknown => (error as { cause?: { code?: unknown } } | null)?.cause?.code

/** The provider was not reached, so nothing can have cost anything. */
const isUnreached = (error: unknown): boolean =>
  /^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_\w+|\w*CERT\w*)$/.test(
    String(findCode(error)),
  )
