import type { Database } from './db'
import type { Events } from './events'
import type { Network } from './request/address'
import { isInNetworks, toNetworks } from './request/networks'
import { inTenantSql } from './tenancy'

/** The settings that requests obey. */
interface OrganizationSettings {
  timeZone: string
  sessionIdleMinutes: number
  sessionAbsoluteHours: number
  peopleNetworks: readonly Network[]
  /** Instrumentation scopes whose word on a cost is the cost. */
  trustedCostScopes: ReadonlySet<string>
}

export interface SettingsReader {
  get(organizationId: string): Promise<OrganizationSettings>
  /** Whether the people of the organization may come from this address. */
  isAddressAllowed(organizationId: string, address: string): Promise<boolean>
}

interface SettingsRow extends Omit<OrganizationSettings, 'peopleNetworks' | 'trustedCostScopes'> {
  peopleAddresses: string[]
  trustedCostScopes: string[]
}

export const settingsChanged = 'settings.changed'
const maximumCached = 10_000
const longestLagMs = 5_000

/** Read once per organization and process, and again when the change feed says so or has fallen silent. */
export function createSettingsReader(db: Pick<Database, 'appPool'>, events: Events): SettingsReader {
  const cached = new Map<string, Promise<OrganizationSettings>>()
  events.on(settingsChanged, ({ organizationId }) => cached.delete(organizationId))
  events.on('reload', () => cached.clear())

  const load = (organizationId: string) => {
    const loading = readSettings(db, organizationId)
    cached.set(organizationId, loading)
    loading.catch(() => {
      if (cached.get(organizationId) === loading) cached.delete(organizationId)
    })
    for (const oldest of cached.keys()) {
      if (cached.size <= maximumCached) break
      cached.delete(oldest)
    }
    return loading
  }
  const get = (organizationId: string) => {
    const known = events.lagMs() > longestLagMs ? undefined : cached.get(organizationId)
    return known ?? load(organizationId)
  }

  return {
    get,
    async isAddressAllowed(organizationId, address) {
      return isInNetworks(address, (await get(organizationId)).peopleNetworks)
    },
  }
}

async function readSettings({ appPool }: Pick<Database, 'appPool'>, organizationId: string): Promise<OrganizationSettings> {
  const found = await inTenantSql(appPool, organizationId, (client) =>
    client.query<SettingsRow>(
      `SELECT time_zone AS "timeZone", session_idle_minutes AS "sessionIdleMinutes", session_absolute_hours AS "sessionAbsoluteHours",
         people_addresses AS "peopleAddresses", trusted_cost_scopes AS "trustedCostScopes"
       FROM organization WHERE id = $1`,
      [organizationId],
    ),
  )
  const row = found.rows[0]
  if (!row) throw new Error('The organization of a credential is gone.')
  const { peopleAddresses, trustedCostScopes, ...settings } = row
  return { ...settings, peopleNetworks: toNetworks(peopleAddresses), trustedCostScopes: new Set(trustedCostScopes) }
}
