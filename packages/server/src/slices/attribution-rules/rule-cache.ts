import type { AttributionRule } from '@keylease/shared/contracts/attribution-rules'
import type { Deps } from '../../deps'
import { inTenant } from '../../platform/tenancy'
import { toAttributionRule } from './mapping'
import { listAttributionRuleRows } from './queries'

export interface AttributionRules {
  /** In the order in which they are tried. */
  get(organizationId: string): Promise<readonly AttributionRule[]>
  /** What this process changed, it forgets at once; the other replicas hear of it from the change feed. */
  forget(organizationId: string): void
}

export const attributionChanged = 'attribution.changed'
export const mostRules = 200
const maximumCached = 1_000
const longestLagMs = 5_000

/** Read once per organization and process, and again when the change feed says so or has fallen silent. */
export function createAttributionRules({ db, events }: Pick<Deps, 'db' | 'events'>): AttributionRules {
  const cached = new Map<string, Promise<AttributionRule[]>>()
  const forget = (organizationId: string) => void cached.delete(organizationId)
  events.on(attributionChanged, ({ organizationId }) => forget(organizationId))
  events.on('reload', () => cached.clear())

  const load = (organizationId: string) => {
    const loading = inTenant(db, organizationId, async (tx) => {
      const rows = await listAttributionRuleRows(tx, { attribute: undefined }, { after: null, take: mostRules })
      return rows.map(toAttributionRule)
    })
    cached.set(organizationId, loading)
    loading.catch(() => cached.get(organizationId) === loading && forget(organizationId))
    for (const oldest of cached.keys()) {
      if (cached.size <= maximumCached) break
      cached.delete(oldest)
    }
    return loading
  }

  return {
    get(organizationId) {
      const known = events.lagMs() > longestLagMs ? undefined : cached.get(organizationId)
      return known ?? load(organizationId)
    },
    forget,
  }
}
