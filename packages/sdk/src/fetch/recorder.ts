import { type AnswerReader, createAnswerReader } from '@keylease/shared/metering/answer-reader'
import type { AnswerEnd, AnswerFacts, RequestReading, UsageReading } from '@keylease/shared/metering/reading'
import { oneRequest } from '@keylease/shared/pricing/vector'
import type { Config } from '../config'
import type { Lease, OpenCall } from '../leases/lease'
import type { CallEntry, CallFacts, Ledger } from '../ledger/ledger'
import type { CallRecord } from '../ledger/record'
import { writeSpan } from '../ledger/span-bytes'
import type { CallSpan } from '../telemetry/span'
import type { Call } from './classify'
import type { LinkedAbort } from './linked-abort'
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

/** Writes one sending down, once, whatever becomes of it. */
export class Recorder implements OpenCall {
  readonly #room: RecorderRoom
  readonly #sending: Sending
  readonly #facts: CallFacts
  readonly #entry: CallEntry
  readonly #close: () => void
  readonly #link: LinkedAbort
  #reader: AnswerReader | null = null
  /** Of its answer; nothing else is held of what its caller may let go of. */
  #httpStatus: number | null = null
  #firstByteAtMs: number | null = null
  #wasSent = false
  #isOver = false

  constructor(room: RecorderRoom, sending: Sending, link: LinkedAbort) {
    const { call, lease, span } = sending
    this.#room = room
    this.#sending = sending
    this.#link = link
    this.#facts = toFacts(sending)
    this.#entry = room.ledger.begin(lease, this.#facts)
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

  /** The reader of its answer. */
  answer(response: Response): AnswerReader {
    const { call, span } = this.#sending
    this.#httpStatus = response.status
    this.#reader = span.content.output(createReader(call, response))
    return this.#reader
  }

  firstByte(): void {
    this.#firstByteAtMs = this.#room.config.clock.now()
  }

  end(how: AnswerEnd, error?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#close()
    const { turn, span } = this.#sending
    const record = this.#toRecord(how, error)
    turn.settle(record.reading.vector)
    this.#room.ledger.finish(this.#entry, record, writeSpan)
    span.end(record)
  }

  #toRecord(how: AnswerEnd, error: unknown): CallRecord {
    const { call, lease } = this.#sending
    const { sequence, startedAtMs } = this.#entry
    const httpStatus = this.#httpStatus
    const isSent = this.#wasSent && !isUnreached(error)
    const reading = (this.#reader ?? createReader(call, null)).end(how)
    const end = how === 'aborted' && error === undefined && isTold(reading) ? 'complete' : how
    const errorType = error === undefined ? readErrorType(reading, httpStatus) : describe(error)
    const firstByteAtMs = call.request.isStream ? this.#firstByteAtMs : null
    const record: CallRecord = {
      ...this.#facts,
      leaseId: lease.id,
      sequence,
      clockOffsetMs: lease.clockOffsetMs,
      startedAtMs,
      endedAtMs: this.#room.config.clock.now(),
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

const createReader = ({ found, request }: Call, answer: Response | null): AnswerReader =>
  createAnswerReader(
    found.operation.answer,
    new ExchangeFacts(answer?.status ?? 0, answer ? readHeaders(answer.headers) : {}, found.params, request),
  )

class ExchangeFacts implements AnswerFacts {
  constructor(
    readonly status: number,
    readonly headers: AnswerFacts['headers'],
    readonly params: AnswerFacts['params'],
    readonly request: RequestReading,
  ) {}
}

/** Few readers ask for a header, and none for all of them. */
const readHeaders = (headers: Headers): AnswerFacts['headers'] => new Proxy<Headers & AnswerFacts['headers']>(headers as never, byName)

const byName: ProxyHandler<Headers> = {
  get: (headers, name) => (typeof name === 'string' ? (headers.get(name) ?? undefined) : undefined),
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
