import { hash } from 'node:crypto'
import type { AnswerEnd, CallReading, RequestReading } from '@keylease/shared/metering/reading'

type UsageSource = 'sdk' | 'gateway' | 'otlp' | 'test'

/** What makes a call the same call, however often it is reported. Binary ids are hex in lower case here and everywhere below. */
export type UsageIdentity =
  | { kind: 'leased'; leaseId: string; sequence: number }
  | { kind: 'span'; traceId: string; spanId: string }
  /** A log record has no id of its own: a digest of what it says stands in. */
  | { kind: 'record'; digest: string }
  | { kind: 'test'; requestId: string }

/** Whose call it was. */
interface UsageOwner {
  teamId: string | null
  projectId: string | null
  agentId: string | null
  memberId: string | null
  environment: string | null
  keyId: string | null
  keyVersionId: string | null
}

/** Where a call stands in its trace: of those without a lease that tell of one call only the innermost is billed. */
interface UsageRelations {
  /** Null at the root of a trace. A log record names the span that it was written in. */
  parentSpanId: string | null
  /** It stands for what happened below it, and is billed only where nothing there is. */
  isContainer: boolean
}

/** One call as it is reported, before it has a price and a place in the ledger. */
export interface UsageReport {
  identity: UsageIdentity
  source: UsageSource
  owner: UsageOwner
  occurredAt: Date
  provider: string
  operation: string
  /** Method and path template. */
  endpoint: string | null
  requestModel: string | null
  region: string | null
  status: 'ok' | 'error' | 'aborted'
  httpStatus: number | null
  isStream: boolean
  latencyMs: number | null
  firstTokenMs: number | null
  conversation: string | null
  endUser: string | null
  tags: readonly string[]
  traceId: string | null
  spanId: string | null
  /** The instrumentation that told of it, with its version; null for our own. */
  scope: string | null
  /** Null for a call under a lease that has no span above it: nothing could tell of it from there. */
  relations: UsageRelations | null
  reading: CallReading
  /** The provider's own usage object as JSON text. */
  rawUsage: string | null
  /** False where the cost it reports is kept to be seen, but is nobody's word to bill by. */
  isReportedCostTrusted: boolean
  /** What an estimate stands on, where the answer did not tell its use; null where it did. */
  exchange: { request: RequestReading; end: AnswerEnd; billsOnDisconnect: boolean } | null
}

const hashDigits = 32

/** Identities of different kinds never meet: the kind is hashed with what follows it. */
export function hashIdentity(identity: UsageIdentity): string {
  if (identity.kind === 'leased') return hashWords(`leased\n${identity.leaseId}\n${identity.sequence}`)
  if (identity.kind === 'test') return hashWords(`test\n${identity.requestId}`)
  if (identity.kind === 'record') return hashWords(`record\n${identity.digest}`)
  return hashWords(`span\n${identity.traceId}\n${identity.spanId}`)
}

/** One answer of one provider, whoever tells of it. */
export const hashResponse = (provider: string, responseId: string): string => hashWords(`response\n${provider}\n${responseId}`)

const hashWords = (words: string): string => hash('sha256', words, 'hex').slice(0, hashDigits)

/** The model that is billed: what answered, else what was asked for. */
export const billedModel = ({ reading, requestModel }: Pick<UsageReport, 'reading' | 'requestModel'>): string | null =>
  reading.model ?? requestModel
