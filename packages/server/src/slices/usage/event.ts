import { createHash } from 'node:crypto'
import type { AnswerEnd, RequestReading, UsageReading } from '@keylease/shared/metering/reading'

type UsageSource = 'sdk' | 'gateway' | 'otlp' | 'test'

/** What makes a call the same call, however often it is reported. */
export type UsageIdentity =
  | { kind: 'leased'; leaseId: string; sequence: number }
  | { kind: 'span'; traceId: Buffer; spanId: Buffer }
  /** A log record has no id of its own: a digest of what it says stands in. */
  | { kind: 'record'; digest: Buffer }
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

/** Where a call that came without a lease stands in its trace: only the innermost of those that tell of one call is billed. */
export interface UsageRelations {
  /** Spans above and below it, as far as the request that told of it knows them. */
  ancestors: readonly Buffer[]
  descendants: readonly Buffer[]
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
  traceId: Buffer | null
  spanId: Buffer | null
  /** The instrumentation that told of it, with its version; null for our own. */
  scope: string | null
  relations: UsageRelations | null
  reading: UsageReading
  /** False where the cost it reports is kept to be seen, but is nobody's word to bill by. */
  isReportedCostTrusted: boolean
  /** What an estimate stands on, where the answer did not tell its use. */
  exchange: { request: RequestReading; end: AnswerEnd; billsOnDisconnect: boolean } | null
}

const hashBytes = 16

/** Identities of different kinds never meet: the kind is hashed with what follows it. */
export function hashIdentity(identity: UsageIdentity): Buffer {
  const hash = createHash('sha256')
  if (identity.kind === 'leased') hash.update(`leased\n${identity.leaseId}\n${identity.sequence}`)
  else if (identity.kind === 'test') hash.update(`test\n${identity.requestId}`)
  else if (identity.kind === 'record') hash.update('record\n').update(identity.digest)
  else hash.update('span\n').update(identity.traceId).update(identity.spanId)
  return hash.digest().subarray(0, hashBytes)
}

/** One answer of one provider, whoever tells of it. */
export const hashResponse = (provider: string, responseId: string): Buffer =>
  createHash('sha256').update(`response\n${provider}\n${responseId}`).digest().subarray(0, hashBytes)

/** The model that is billed: what answered, else what was asked for. */
export const billedModel = ({ reading, requestModel }: Pick<UsageReport, 'reading' | 'requestModel'>): string | null =>
  reading.model ?? requestModel
