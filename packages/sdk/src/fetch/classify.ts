import { askForUsage } from '@keylease/shared/metering/ask-for-usage'
import { askInText, mayStream } from '@keylease/shared/metering/ask-in-text'
import type { RequestReading } from '@keylease/shared/metering/reading'
import { createRequestReader } from '@keylease/shared/metering/request-reader'
import type { FoundOperation } from '@keylease/shared/providers/find-operation'
import type { UsageOption } from '@keylease/shared/providers/operation'
import type { Provider } from '@keylease/shared/providers/provider'
import { viewBytes } from '../body-bytes'
import type { LeaseNeed } from '../leases/issue'
import type { Lease } from '../leases/lease'
import type { Outgoing } from './outgoing'
import { type CappedRequest, fillOutputCap } from './output-cap'
import { findPlace, type Place } from './place'
import type { Target } from './target'

/** What is asked for, and where it goes under one lease. What nobody asks about is not read before it is sent. */
export class Call {
  readonly target: Target
  readonly found: FoundOperation
  readonly region: string | null
  readonly endpoint: string
  /** The most output tokens, where the request said none and the grant fills it in. */
  filledOutputCap: number | null = null
  /** The body as it is sent: with the question for usage in it where one is asked. */
  body: Uint8Array<ArrayBuffer> | string | ReadableStream<Uint8Array> | null
  asksForUsage = false
  #request: RequestReading | null = null

  constructor(
    readonly provider: Provider,
    { target, found, region, endpoint }: Place,
    readonly outgoing: Outgoing,
  ) {
    this.target = target
    this.found = found
    this.region = region
    this.endpoint = endpoint
    this.body = outgoing.body ?? outgoing.stream
  }

  get request(): RequestReading {
    this.#request ??= readRequest(this.found, this.outgoing, viewBody(this.outgoing))
    return this.#request
  }

  /** So many came in it, as far as it is whole. */
  get bytes(): number {
    return viewBody(this.outgoing)?.length ?? 0
  }

  fill({ bytes, request }: CappedRequest, cap: number): void {
    this.body = bytes
    this.#request = request
    this.filledOutputCap = cap
  }
}

/** A request that no operation lists is sent as it is and counted as one request. */
export function classify(provider: Provider, lease: Lease, outgoing: Outgoing): Call {
  const call = new Call(provider, findPlace(provider, lease, outgoing), outgoing)
  const { usageOption } = call.found.operation.answer
  fillCap(call, lease)
  if (usageOption !== null) ask(call, usageOption)
  return call
}

function fillCap(call: Call, { scope }: Lease): void {
  const { found, outgoing } = call
  const cap = scope.defaultMaxOutputTokens
  const { outputCap } = found.operation.request
  if (typeof cap !== 'number' || outputCap === undefined || call.request.maxOutputTokens !== null) return
  const bytes = viewBody(outgoing)
  const capped = bytes && fillOutputCap(bytes, outputCap, cap, (filled) => readRequest(found, outgoing, filled))
  if (capped) call.fill(capped, cap)
}

/** Most requests tell by their text alone whether they must be asked. */
function ask(call: Call, option: UsageOption): void {
  const { body } = call
  if (body === null || body instanceof ReadableStream) return
  const isText = typeof body === 'string'
  if (isText && !mayStream(body)) return
  const asked = isText ? askInText(body, option) : null
  if (asked === null && !(call.request.isStream && call.request.needsUsageOption)) return
  call.asksForUsage = true
  call.body = asked ?? new Uint8Array(askForUsage(viewBytes(body), option))
}

/** What a lease would have to allow beside what this one does, as far as the request says what it is; null where it is granted. */
export function findLacking({ scope }: Lease, call: Call): Pick<LeaseNeed, 'models' | 'operations'> | null {
  const { kind } = call.found.operation
  const model = scope.models.length === 0 ? null : call.request.model
  const isModel = (allowed: string) => (allowed.endsWith('*') ? model?.startsWith(allowed.slice(0, -1)) : allowed === model)
  const models = model !== null && !scope.models.some(isModel) ? [model] : null
  const operations = scope.operations.length > 0 && !scope.operations.includes(kind) ? [kind] : null
  return models || operations ? { ...(models && { models }), ...(operations && { operations }) } : null
}

const viewBody = ({ body }: Outgoing): Uint8Array | null => (body === null ? null : viewBytes(body))

function readRequest({ operation, params }: FoundOperation, { url, headers }: Outgoing, bytes: Uint8Array | null): RequestReading {
  const reader = createRequestReader(operation.request, {
    params,
    query: url.search === '' ? {} : Object.fromEntries(url.searchParams),
    headers,
  })
  if (bytes) reader.push(bytes)
  return reader.end()
}
