import { findCatalogueProvider } from '@keylease/shared/providers/index'
import { general } from '@keylease/shared/semconv'
import type { UsageReport } from '../../usage/service'
import type { Attributes, Scope } from '../otlp/signal'
import { readAttribution } from './attribution'
import type { ObservedCall } from './call'
import type { CallKind, Names } from './dialect'
import { firstCount, firstFlag, firstNumber, firstText, firstTexts } from './fields'
import { mergeNames } from './names'
import type { CountRules } from './normalise'
import { hasOutput, readOutcome } from './outcome'
import { findUpstream, type Upstream } from './provider'
import { toMilliseconds } from './read'
import { readRaw, toReading, toText } from './reading'

/** A span or a log record, with what its dialect says of it. */
export interface Telling {
  own: Attributes
  resource: Attributes
  scope: Scope
  kind: CallKind
  names: Partial<Names>
  unpacked: Attributes | null
  findRules(provider: string, attributes: Attributes): Partial<CountRules>
  countsItself: boolean
  startMs: number | null
  endMs: number
  isFailed: boolean
  exceptionType: string | null
  identity: UsageReport['identity']
  trace: Pick<ObservedCall, 'traceId' | 'spanId' | 'parentSpanId'>
  /** Where the dialect alone knows. */
  provider: string | null
}

export function toObservedCall(telling: Telling): ObservedCall {
  const { kind, own, unpacked, endMs, identity, trace } = telling
  const attributes: Attributes = unpacked === null ? own : Object.assign(Object.create(null), own, unpacked)
  const names = mergeNames(telling.names)
  const requestModel = toText(firstText(attributes, names.requestModel))
  const { provider, region } = findProvider(telling, attributes, names)
  const facts = {
    operation: kind.operation,
    isFailed: telling.isFailed,
    exceptionType: toText(telling.exceptionType),
    tellsUse: firstCount(attributes, names.input) !== null || firstCount(attributes, names.output) !== null,
  }
  const outcome = readOutcome(attributes, names, facts)
  const rules = { cache: null, reasoning: null, ...telling.findRules(provider, attributes) }
  const reading = toReading(attributes, names, rules, {
    ...outcome,
    hasOutput: hasOutput(kind.operation),
    countsItself: telling.countsItself,
  })
  return {
    identity,
    ...trace,
    isContainer: kind.isContainer,
    scope: toScope(telling.scope),
    attribution: readAttribution(attributes, telling.resource),
    occurredAt: new Date(Math.round(endMs)),
    provider,
    operation: kind.operation,
    endpoint: null,
    requestModel,
    region,
    status: outcome.status,
    httpStatus: outcome.httpStatus,
    isStream: firstFlag(attributes, names.isStream),
    ...readTimes(telling, attributes, names),
    conversation: toText(firstText(attributes, names.conversation)),
    endUser: toText(firstText(attributes, names.endUser)),
    tags: firstTexts(attributes, names.tags, 20).map((tag) => toText(tag) ?? ''),
    reading,
    rawUsage: readRaw(attributes),
    exchange: reading.quality === 'exact' ? null : toExchange(attributes, names, { requestModel, provider, status: outcome.status }),
  }
}

function findProvider({ provider }: Telling, attributes: Attributes, names: Names): Upstream {
  const model = firstText(attributes, names.responseModel) ?? firstText(attributes, names.requestModel)
  const address = firstText(attributes, addressNames)
  return findUpstream(provider ?? firstText(attributes, names.provider), address, model)
}

const addressNames = [general.serverAddress, 'gen_ai.openai.api_base', 'llm.openai.api_base']

function readTimes({ startMs, endMs }: Telling, attributes: Attributes, names: Names) {
  const lasted = startMs !== null && endMs >= startMs ? endMs - startMs : firstNumber(attributes, names.latencyMs)
  const seconds = firstNumber(attributes, names.firstTokenSeconds)
  const told = seconds === null ? firstNumber(attributes, names.firstTokenMs) : seconds * 1_000
  const at = Date.parse((firstText(attributes, names.firstTokenAt) ?? '').replaceAll('"', ''))
  const firstToken = told ?? (startMs !== null && at >= startMs ? at - startMs : null)
  return { latencyMs: toMilliseconds(lasted), firstTokenMs: toMilliseconds(firstToken) }
}

function toExchange(
  attributes: Attributes,
  names: Names,
  { requestModel, provider, status }: Pick<ObservedCall, 'requestModel' | 'provider' | 'status'>,
): ObservedCall['exchange'] {
  return {
    end: status === 'ok' ? 'complete' : status === 'aborted' ? 'aborted' : 'broken',
    billsOnDisconnect: findCatalogueProvider(provider)?.billsOnDisconnect ?? false,
    request: {
      model: requestModel,
      isStream: firstFlag(attributes, names.isStream),
      maxOutputTokens: firstCount(attributes, names.maxOutput),
      maxInputTokens: null,
      characters: 0,
      serviceTier: null,
      needsUsageOption: false,
    },
  }
}

const toScope = ({ name, version }: Scope): string =>
  `${name === '' ? 'unknown' : name}${version === '' ? '' : `@${version}`}`.replace(/\p{Cc}/gu, '').slice(0, 120)
