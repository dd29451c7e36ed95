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
import { findPlace } from './place'
import type { Target } from './target'

/** What is asked for, and where it goes under one lease. */
export interface Call {
  provider: Provider
  target: Target
  found: FoundOperation
  request: RequestReading
  /** The most output tokens, where the request said none and the grant fills it in. */
  filledOutputCap: number | null
  /** The body as it is sent: with the question for usage in it where one is asked. */
  body: Uint8Array<ArrayBuffer> | string | ReadableStream<Uint8Array> | null
  /** So many came in it, as far as it is whole. */
  bytes: number
  asksForUsage: boolean
  region: string | null
  endpoint: string
  outgoing: Outgoing
}

/** A request that no operation lists is sent as it is and counted as one request. */
export function classify(provider: Provider, lease: Lease, outgoing: Outgoing): Call {
  const { target, found, region, endpoint } = findPlace(provider, lease, outgoing)
  const read = (bytes: Uint8Array | null) => readRequest(found, outgoing, bytes)
  const given = outgoing.body === null ? null : viewBytes(outgoing.body)
  const asked = read(given)
  const capped = fillOutputCap(lease, found.operation, { bytes: given, request: asked }, read)
  const bytes = capped?.bytes ?? given
  const request = capped?.request ?? asked
  const { usageOption } = found.operation.answer
  const asksForUsage = usageOption !== null && request.isStream && request.needsUsageOption && bytes !== null
  const sent = asksForUsage ? new Uint8Array(askForUsage(bytes, usageOption)) : (capped?.bytes ?? outgoing.body)
  const filledOutputCap = capped && lease.scope.defaultMaxOutputTokens
  const body = sent ?? outgoing.stream
  return { provider, target, found, request, filledOutputCap, body, bytes: given?.length ?? 0, asksForUsage, region, endpoint, outgoing }
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
