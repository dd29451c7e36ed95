import { createClassifier, type ErrorRule, toHelp } from './custom-errors'
import { classifyStatus, helpFor } from './errors'
import { readProbe } from './probe'
import type { Provider, ProviderAuth, ProviderCategory, ProviderField, TestCall } from './provider'
import { findWire, type ProviderWire } from './wire'

/** Any HTTP API that takes a bearer key: each key brings its own base URL. Nothing is known that would prove a key. */
export const custom: Provider = {
  id: 'custom',
  name: 'Custom HTTP API',
  category: 'other',
  baseUrl: null,
  origins: [],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: [], pattern: null, example: '…' },
  requiredFields: ['baseUrl'],
  operations: findWire('none').operations,
  models: [],
  rateLimitHeaders: ['x-ratelimit-', 'ratelimit-', 'retry-after'],
  classifyError: classifyStatus,
  help: {},
  supportUrl: null,
  probe: null,
  testCall: null,
  billsOnDisconnect: true,
  mint: null,
  pricingId: null,
  docsUrl: null,
  monogram: '··',
  setup: ['Create a key in the console of the API.', 'Store it here together with the base URL of the API.'],
}

/** How an organization describes an API that the catalogue does not know. */
export interface ProviderDefinition {
  id: string
  name: string
  category: ProviderCategory
  wire: ProviderWire
  baseUrl: string
  auth: ProviderAuth
  headers: Readonly<Record<string, string>>
  apiVersion: Provider['apiVersion']
  keyPrefix: string | null
  requiredFields: readonly ProviderField[]
  models: readonly string[]
  rateLimitHeaders: readonly string[]
  errors: readonly ErrorRule[]
  probe: { path: string; rejectedStatuses: readonly number[] } | null
  testModel: string | null
  setup: readonly string[]
  supportUrl: string | null
  docsUrl: string | null
}

export function toCustomProvider(definition: ProviderDefinition): Provider {
  const { wire, keyPrefix, errors, probe, testModel, setup, rateLimitHeaders, ...named } = definition
  const classifyError = createClassifier(errors, probe?.rejectedStatuses ?? null)
  return {
    ...custom,
    ...named,
    key: { prefixes: keyPrefix ? [keyPrefix] : [], pattern: null, example: `${keyPrefix ?? ''}…` },
    operations: findWire(wire).operations,
    rateLimitHeaders,
    classifyError,
    help: toHelp(errors, (error) => helpFor(custom, error)),
    probe: probe && {
      method: 'GET',
      path: probe.path,
      read: (answer) => readProbe({ classifyError, rateLimitHeaders }, answer, { isExpected: () => true }),
    },
    testCall: toTestCall(definition),
    monogram: toMonogram(definition.name),
    setup: setup.length > 0 ? setup : ['Create a key in the console of the API.', 'Store it here.'],
  }
}

/** The tiny call of the wire with the model that the organization names; without a wire, the request that proves a key. */
function toTestCall({ wire, testModel, models, probe }: ProviderDefinition): TestCall | null {
  if (wire === 'none') return probe && { kind: 'data', method: 'GET', path: probe.path, model: null, body: () => null }
  const model = testModel ?? models[0]
  const call = findWire(wire).testCall
  return call && model !== undefined ? { ...call, model } : null
}

function toMonogram(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? []
  const letters = words.length > 1 ? words.map((word) => [...word][0]) : [...(words[0] ?? '··')]
  return letters.slice(0, 2).join('').toUpperCase()
}
