import { type AnswerReader, createAnswerReader } from '@keylease/shared/metering/answer-reader'
import type { AnswerEnd, UsageReading } from '@keylease/shared/metering/reading'
import { oneRequest } from '@keylease/shared/pricing/vector'
import type { Config } from '../config'
import type { Lease } from '../leases/lease'
import type { Ledger } from '../ledger/ledger'
import type { CallRecord } from '../ledger/record'
import { writeSpan } from '../ledger/span-bytes'
import type { CallSpan } from '../telemetry/span'
import type { Call } from './classify'
import type { Turn } from './rate-limit'

export interface RecorderRoom {
  config: Config
  ledger: Ledger
}

/** Writes one sending down, once, whatever becomes of it. */
export interface Recorder {
  /** It is about to leave: from here on it may cost something. */
  send(): void
  /** The reader of its answer. */
  answer(response: Response): AnswerReader
  firstByte(): void
  end(how: AnswerEnd, error?: unknown): void
}

export interface Sending {
  call: Call
  lease: Lease
  span: CallSpan
  turn: Turn
}

export function createRecorder({ config, ledger }: RecorderRoom, { call, lease, span, turn }: Sending, onEnd: () => void): Recorder {
  const { clock } = config
  const { provider, found, request } = call
  const facts = {
    ...span.ids,
    provider: provider.id,
    operation: found.operation.kind,
    endpoint: call.endpoint,
    region: call.region,
    billsOnDisconnect: provider.billsOnDisconnect,
    request,
    attribution: span.attribution,
  }
  const entry = ledger.begin(lease, facts)
  span.content.input(call.body)
  const { sequence, startedAtMs } = entry
  const createReader = (answer: Response | null) =>
    createAnswerReader(found.operation.answer, {
      status: answer?.status ?? 0,
      headers: answer ? readHeaders(answer) : {},
      params: found.params,
      request,
    })
  let reader: AnswerReader | null = null
  let response: Response | null = null
  let firstByteAtMs: number | null = null
  let wasSent = false
  let isOver = false

  const toRecord = (how: AnswerEnd, error: unknown): CallRecord => {
    const isSent = wasSent && !isUnreached(error)
    const reading = (reader ?? createReader(null)).end(how)
    const end = how === 'aborted' && error === undefined && isTold(reading) ? 'complete' : how
    const errorType = error === undefined ? readErrorType(reading, response) : describe(error)
    const record: CallRecord = {
      ...facts,
      leaseId: lease.id,
      sequence,
      clockOffsetMs: lease.clockOffsetMs,
      startedAtMs,
      endedAtMs: clock.now(),
      firstTokenMs: request.isStream && firstByteAtMs !== null ? Math.max(0, firstByteAtMs - startedAtMs) : null,
      status: toStatus(end, response, errorType),
      httpStatus: response?.status ?? null,
      errorType,
      end,
      reading: isSent ? reading : { ...reading, vector: oneRequest({ requests: 0 }), quality: 'exact' },
    }
    if (call.filledOutputCap !== null) record.filledOutputCap = call.filledOutputCap
    return record
  }

  return {
    send() {
      wasSent = true
    },
    answer(given) {
      response = given
      reader = span.content.output(createReader(given))
      return reader
    },
    firstByte() {
      firstByteAtMs = clock.now()
    },
    end(how, error) {
      if (isOver) return
      isOver = true
      onEnd()
      const record = toRecord(how, error)
      turn.settle(record.reading.vector)
      ledger.finish(entry, record, writeSpan)
      span.end(record)
    },
  }
}

/** Few readers ask for a header, and none for all of them. */
const readHeaders = ({ headers }: Response): Readonly<Record<string, string>> =>
  new Proxy({}, { get: (_, name) => (typeof name === 'string' ? (headers.get(name) ?? undefined) : undefined) })

function toStatus(how: AnswerEnd, response: Response | null, errorType: string | null): CallRecord['status'] {
  if (how === 'aborted') return 'aborted'
  return errorType !== null || how === 'broken' || response === null ? 'error' : 'ok'
}

/** Clients leave a stream at the word that ends it, before its connection does. */
const isTold = ({ quality, finishReason }: UsageReading): boolean => quality === 'exact' && finishReason !== null

const readErrorType = ({ error }: UsageReading, response: Response | null): string | null =>
  error?.code ?? error?.type ?? (response && response.status >= 400 ? String(response.status) : null)

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
