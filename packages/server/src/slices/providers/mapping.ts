import { CreateProvider, type Provider, ProviderCategory } from '@keylease/shared/contracts/providers'
import { toCustomProvider } from '@keylease/shared/providers/custom'
import type { Provider as ProviderFacts } from '@keylease/shared/providers/provider'
import type { ProviderRow } from './queries'

/** What a row says, parsed anew: it was written by an older release perhaps. */
const readDefinition = (row: ProviderRow) => ({
  id: row.id,
  name: row.name,
  category: ProviderCategory.parse(row.category),
  baseUrl: row.baseUrl,
  auth: CreateProvider.shape.auth.parse(row.auth),
  keyPrefix: row.keyPrefix,
  probe: CreateProvider.shape.probe.parse(row.probe),
  docsUrl: row.docsUrl,
})

export function toFacts(row: ProviderRow): ProviderFacts {
  const { auth, ...rest } = readDefinition(row)
  const { prefix, ...plain } = { prefix: undefined, ...auth }
  return toCustomProvider({ ...rest, auth: (prefix === undefined ? plain : { ...plain, prefix }) as ProviderFacts['auth'] }) // the same kinds
}

export function toProvider(row: ProviderRow): Provider {
  return {
    ...toContract(toFacts(row)),
    definedBy: 'organization',
    probe: readDefinition(row).probe,
    createdAt: row.createdAt.toISOString(),
  }
}

export const toCatalogueProvider = (facts: ProviderFacts): Provider => ({ ...toContract(facts), definedBy: 'catalogue', createdAt: null })

const toContract = ({ key, probe, headers: _, ...facts }: ProviderFacts): Omit<Provider, 'definedBy' | 'createdAt'> => ({
  ...facts,
  keyPrefixes: [...key.prefixes],
  keyExample: key.example,
  requiredFields: [...facts.requiredFields],
  setup: [...facts.setup],
  probe: probe && { path: probe.path, rejectedStatuses: [401] },
})
