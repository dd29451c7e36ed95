import type { Harness } from './harness'
import { call } from './room'

/** A tenant of its own in a time zone, and who asks about its usage. */
export async function openUsage(harness: Harness, timeZone = 'UTC') {
  const organizationId = await harness.createTenant()
  const token = harness.createCredential({ organizationId, role: 'owner' })
  await call(harness, token, 'PATCH', '/api/v1/settings', { timeZone })
  const ask = <T>(path: string, query: Record<string, string | undefined> = {}, as = token) => {
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
    return call<T>(harness, as, 'GET', `/api/v1/usage/${path}?${new URLSearchParams(given)}`)
  }
  return { organizationId, token, ask }
}
