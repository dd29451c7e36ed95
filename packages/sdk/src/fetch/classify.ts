import { askForUsage } from '@keylease/shared/metering/ask-for-usage'
import type { RequestReading } from '@keylease/shared/metering/reading'
import { createRequestReader } from '@keylease/shared/metering/request-reader'
import type { FoundOperation } from '@keylease/shared/providers/find-operation'
import type { Provider } from '@keylease/shared/providers/provider'
import { viewBytes } from '../body-bytes'
import type { LeaseNeed } from '../leases/issue'
import type { Lease } from '../leases/lease'
import type { Outgoing } from './outgoing'
import { fillOutputCap } from './output-cap'
import { findPlace, type Place } from './place'
import type { Target } from './target'

/** What is asked for, and where it goes under one lease. */
export class Call {
  readonly target: Target
  readonly found: FoundOperation
  readonly region: string | null
  readonly endpoint: string
  /** The most output tokens, where the request said none and the grant fills it in. */
  filledOutputCap: number | null = null
  /** The body as it is sent: with the question for usage in it where one is asked. */
  body: Uint8Array<ArrayBuffer> | string | ReadableStream<Uint8Array> | null = null
  /** So many came in it, as far as it is whole. */
  bytes = 0
  asksForUsage = false

  constructor(
    readonly provider: Provider,
    { target, found, region, endpoint }: Place,
    readonly outgoing: Outgoing,
    public request: RequestReading,
  ) {
    this.target = target
    this.found = found
    this.region = region
    this.endpoint = endpoint
  }
}

/** A request that no operation lists is sent as it is and counted as one request. */
export function classify(provider: Provider, lease: Lease, outgoing: Outgoing): Call {
  const place = findPlace(provider, lease, outgoing)
  const { operation } = place.found
  const given = outgoing.body === null ? null : viewBytes(outgoing.body)
  const call = new Call(provider, place, outgoing, readRequest(place.found, outgoing, given))
  const capped = given && fillOutputCap(lease, operation, given, call.request, (filled) => readRequest(place.found, outgoing, filled))
  const bytes = capped?.bytes ?? given
  if (capped) {
    call.request = capped.request
    call.filledOutputCap = lease.scope.defaultMaxOutputTokens ?? null
  }
  const { usageOption } = operation.answer
  const { isStream, needsUsageOption } = call.request
  if (usageOption !== null && isStream && needsUsageOption && bytes !== null) {
    call.asksForUsage = true
    call.body = new Uint8Array(askForUsage(bytes, usageOption))
  } else call.body = capped?.bytes ?? outgoing.body ?? outgoing.stream
  call.bytes = given?.length ?? 0
  return call
}

/** What a lease would have to allow beside what this one does, as far as the request says what it is; null where it is granted. */
export function findLacking({ scope }: Lease, { found, request }: Call): Pick<LeaseNeed, 'models' | 'operations'> | null {
  const { model } = request
  const { kind } = found.operation
  const isModel = (allowed: string) => (allowed.endsWith('*') ? model?.startsWith(allowed.slice(0, -1)) : allowed === model)
  const models = model !== null && scope.models.length > 0 && !scope.models.some(isModel) ? [model] : null
  const operations = scope.operations.length > 0 && !scope.operations.includes(kind) ? [kind] : null
  return models || operations ? { ...(models && { models }), ...(operations && { operations }) } : null
}

function readRequest({ operation, params }: FoundOperation, { url, headers }: Outgoing, bytes: Uint8Array | null): RequestReading {
  const reader = createRequestReader(operation.request, {
    params,
    query: url.search === '' ? {} : Object.fromEntries(url.searchParams),
    headers,
  })
  if (bytes) reader.push(bytes)
  return reader.end()
}
