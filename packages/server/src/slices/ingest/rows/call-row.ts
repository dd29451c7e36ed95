import type { LeasedCall, ObservedCall, ToldCall } from '../dialects/call'
import { readReadingRow, toReadingRow } from './reading-row'

/** A call as JSON can say it, without the names of its members: as an object it costs four times as much on its way to another thread. */
const toCallRow = (call: ToldCall) =>
  [
    call.occurredAt.getTime(),
    call.provider,
    call.operation,
    call.endpoint,
    call.requestModel,
    call.region,
    call.status,
    call.httpStatus,
    call.isStream,
    call.latencyMs,
    call.firstTokenMs,
    call.conversation,
    call.endUser,
    call.tags,
    call.traceId,
    call.spanId,
    call.parentSpanId,
    toReadingRow(call.reading),
    call.rawUsage,
    call.exchange,
  ] as const

type CallRow = ReturnType<typeof toCallRow>

function readCallRow<Identity, Scope>(identity: Identity, scope: Scope, row: CallRow) {
  const [
    occurredAt,
    provider,
    operation,
    endpoint,
    requestModel,
    region,
    status,
    httpStatus,
    isStream,
    latencyMs,
    firstTokenMs,
    conversation,
    endUser,
    tags,
    traceId,
    spanId,
    parentSpanId,
    reading,
    rawUsage,
    exchange,
  ] = row
  return {
    identity,
    occurredAt: new Date(occurredAt),
    provider,
    operation,
    endpoint,
    requestModel,
    region,
    status,
    httpStatus,
    isStream,
    latencyMs,
    firstTokenMs,
    conversation,
    endUser,
    tags,
    traceId,
    spanId,
    parentSpanId,
    scope,
    reading: readReadingRow(reading),
    rawUsage,
    exchange,
  }
}

export const toLeasedRow = (call: LeasedCall) => [call.identity.leaseId, call.identity.sequence, toCallRow(call)] as const

export const readLeasedRow = ([leaseId, sequence, row]: ReturnType<typeof toLeasedRow>): LeasedCall =>
  readCallRow({ kind: 'leased', leaseId, sequence }, null, row)

export const toObservedRow = (call: ObservedCall) =>
  [call.identity, call.scope, call.isContainer, [...call.attribution], toCallRow(call)] as const

export const readObservedRow = ([identity, scope, isContainer, attribution, row]: ReturnType<typeof toObservedRow>): ObservedCall =>
  Object.assign(readCallRow(identity, scope, row), { isContainer, attribution: new Map(attribution) })
