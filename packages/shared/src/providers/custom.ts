import { readStatus, toProbeResult } from './probe'
import type { Provider, ProviderAuth, ProviderCategory } from './provider'

/** Any HTTP API that takes a bearer key: each key brings its own base URL. Nothing is known that would prove a key. */
export const custom = {
  id: 'custom',
  name: 'Custom HTTP API',
  category: 'other',
  baseUrl: null,
  auth: { kind: 'bearer' },
  headers: {},
  key: { prefixes: [], pattern: null, example: '…' },
  requiredFields: ['baseUrl'],
  probe: null,
  docsUrl: null,
  icon: 'plug',
  setup: ['Create a key in the console of the API.', 'Store it here together with the base URL of the API.'],
} as const satisfies Provider

/** How an organization describes an API that the catalogue does not know. */
export interface ProviderDefinition {
  id: string
  name: string
  category: ProviderCategory
  baseUrl: string
  auth: ProviderAuth
  keyPrefix: string | null
  probe: { path: string; rejectedStatuses: readonly number[] } | null
  docsUrl: string | null
}

export function toCustomProvider(definition: ProviderDefinition): Provider {
  const { keyPrefix, probe } = definition
  return {
    ...custom,
    ...definition,
    requiredFields: [],
    key: { prefixes: keyPrefix ? [keyPrefix] : [], pattern: null, example: `${keyPrefix ?? ''}…` },
    probe: probe && { method: 'GET', path: probe.path, read: (answer) => toProbeResult(readDefined(probe, answer)) },
  }
}

function readDefined({ rejectedStatuses }: { rejectedStatuses: readonly number[] }, answer: Parameters<typeof readStatus>[0]) {
  if (!('failure' in answer) && rejectedStatuses.includes(answer.status)) return 'rejected'
  const verdict = readStatus(answer)
  return verdict === 'rejected' ? 'forbidden' : verdict
}
