import { CreateProvider, type Provider, type ProviderStatus } from '@keylease/shared/contracts/provider-bodies'
import { toCustomProvider } from '@keylease/shared/providers/custom'
import { errorClasses, helpFor } from '@keylease/shared/providers/errors'
import type { Provider as ProviderFacts } from '@keylease/shared/providers/provider'
import type { ProviderRow } from './queries'

export type Status = Omit<ProviderStatus, 'id' | 'windowSeconds'>
const unknownStatus: Status = {
  status: 'unknown',
  statusSince: null,
  statusBasis: { answered: 0, failed: 0, unreachable: 0, latencyMs: null },
}

/** What a row says, parsed anew: it was written by an older release perhaps. */
export const readDefinition = (row: ProviderRow): CreateProvider & { id: string } => {
  const { id, name, category, baseUrl, auth, keyPrefix, probe, docsUrl, definition } = row
  const fields = { ...Object(definition), id, name, category, baseUrl, auth, keyPrefix, probe, docsUrl }
  return { ...CreateProvider.parse(fields), id }
}

export const toFacts = (row: ProviderRow): ProviderFacts => definedFacts(readDefinition(row))

function definedFacts({ auth, ...definition }: CreateProvider & { id: string }): ProviderFacts {
  const { prefix, ...plain } = { prefix: undefined, ...auth }
  return toCustomProvider({ ...definition, auth: (prefix === undefined ? plain : { ...plain, prefix }) as ProviderFacts['auth'] }) // the same kinds
}

export function toProvider(row: ProviderRow, status: Status = unknownStatus): Provider {
  const definition = readDefinition(row)
  const facts = definedFacts(definition)
  const { wire, feeNanos, probe } = definition
  const rules = new Map(definition.errors.map((rule) => [rule.class as string, { statuses: rule.statuses, words: rule.words }]))
  return {
    ...toContract(facts, status),
    definedBy: 'organization',
    wire,
    feeNanos,
    errors: listErrors(facts).map((error) => ({ ...error, ...rules.get(error.class) })),
    probe: probe && { method: 'GET', ...probe },
    createdAt: row.createdAt.toISOString(),
  }
}

export const toCatalogueProvider = (facts: ProviderFacts, status: Status = unknownStatus): Provider => ({
  ...toContract(facts, status),
  definedBy: 'catalogue',
  wire: null,
  feeNanos: null,
  createdAt: null,
})

type Own = 'definedBy' | 'wire' | 'feeNanos' | 'createdAt'

function toContract(facts: ProviderFacts, status: Status): Omit<Provider, Own> {
  const { key, probe, testCall, classifyError: _, help: _help, ...plain } = facts
  return {
    ...plain,
    ...status,
    origins: [...facts.origins],
    headers: { ...facts.headers },
    keyPrefixes: [...key.prefixes],
    keyExample: key.example,
    requiredFields: [...facts.requiredFields],
    operations: facts.operations.map(({ kind, method, path }) => ({ kind, method, path })),
    models: [...facts.models],
    rateLimitHeaders: [...facts.rateLimitHeaders],
    errors: listErrors(facts),
    probe: probe && { method: probe.method, path: probe.path, rejectedStatuses: [401] },
    testCall: testCall && { kind: testCall.kind, model: testCall.model },
    setup: [...facts.setup],
  }
}

const listErrors = (facts: ProviderFacts) => errorClasses.map((error) => ({ class: error, ...helpFor(facts, error) }))
