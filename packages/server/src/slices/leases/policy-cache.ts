import type { Provider } from '@keylease/shared/providers/provider'
import type { Deps } from '../../deps'
import { inTenant } from '../../platform/tenancy'
import { type PolicyFacts, readLeaseFacts } from '../grants/service'
import { type LeasableKey, listLeasableKeys } from '../provider-keys/service'
import { findProviderFacts } from '../providers/service'
import { readPolicyState } from './queries'

/** What decides about the leases of one agent from one provider, or of one key, as it was under one version of the policy. */
export interface LeaseFacts extends Omit<PolicyFacts, 'request'> {
  version: string
  maxLeaseSeconds: number
  leasable: ReadonlyMap<string, LeasableKey & { provider: Provider }>
}

type Asked = { provider: string } | { keyId: string }

export interface PolicyCache {
  /** Null where there is no such agent. */
  read(organizationId: string, agentId: string, asked: Asked): Promise<LeaseFacts | null>
  forget(organizationId: string): void
}

type Room = Pick<Deps, 'db' | 'events'>
type Entries = Map<string, Promise<LeaseFacts | null>>

const maximumOrganizations = 1_000
const maximumEntries = 5_000
const changes = ['policy.changed', 'agent.changed', 'project.changed', 'provider-key.changed', 'provider.changed', 'settings.changed']

/** Read once and kept until something changes. A change that went unheard costs one more call: the reservation refuses an old version. */
export function createPolicyCache({ db, events }: Room): PolicyCache {
  const organizations = new Map<string, Entries>()
  const forget = (organizationId: string) => void organizations.delete(organizationId)
  for (const kind of changes) events.on(kind, ({ organizationId }) => forget(organizationId))
  events.on('reload', () => organizations.clear())

  return {
    read(organizationId, agentId, asked) {
      const entries = keep(organizations, organizationId, () => new Map(), maximumOrganizations)
      const name = `${agentId} ${'provider' in asked ? asked.provider : asked.keyId}`
      const load = () => {
        const loading = inTenant(db, organizationId, (tx) => readFacts(tx, organizationId, agentId, asked))
        loading.catch(() => entries.get(name) === loading && entries.delete(name))
        return loading
      }
      return keep(entries, name, load, maximumEntries)
    },
    forget,
  }
}

async function readFacts(
  tx: Parameters<typeof readLeaseFacts>[0],
  organizationId: string,
  agentId: string,
  asked: Asked,
): Promise<LeaseFacts | null> {
  const state = await readPolicyState(tx, organizationId)
  const facts = await readLeaseFacts(tx, agentId, 'provider' in asked ? asked : { id: asked.keyId })
  if (!facts) return null
  const providers = new Map<string, Provider>()
  for (const id of new Set(facts.keys.map((key) => key.provider))) {
    const provider = await findProviderFacts(tx, id)
    if (provider) providers.set(id, provider)
  }
  const providerOf = new Map(facts.keys.map((key) => [key.id, providers.get(key.provider)]))
  const rows = await listLeasableKeys(tx, [...providerOf.keys()])
  const leasable = rows.flatMap((row) => {
    const provider = providerOf.get(row.id)
    return provider ? [[row.id, { ...row, provider }] as const] : []
  })
  return { ...facts, ...state, leasable: new Map(leasable) }
}

/** The newest last, so that the first is the one to go. */
function keep<T>(entries: Map<string, T>, name: string, make: () => T, maximum: number): T {
  const known = entries.get(name)
  if (known !== undefined) return known
  const made = make()
  entries.set(name, made)
  for (const oldest of entries.keys()) {
    if (entries.size <= maximum) break
    entries.delete(oldest)
  }
  return made
}
