import { isWellFormed, platformKeyPrefix } from '@keylease/shared/platform-key'
import type { Authenticator, Principal, RefusedCredential } from './auth'
import type { Clock } from './clock'
import type { Keyring } from './keyring'
import type { PlatformKeyCache } from './platform-key-cache'
import type { StoredKey } from './platform-key-rows'

interface Room {
  cache: Pick<PlatformKeyCache, 'find'>
  keyring: Keyring
  clock: Clock
}

/** A platform key: its checksum costs nothing to check, its keyed hash finds it, and the clock decides at every use. */
export function createPlatformKeyAuthenticator({ cache, keyring, clock }: Room): Authenticator {
  return {
    async authenticate({ bearer }) {
      const token = bearer?.reveal()
      if (!token?.startsWith(platformKeyPrefix)) return null
      if (!isWellFormed(token)) return { refused: 'malformed' }
      const key = await findFirst(cache, keyring.hashes('pepper', token))
      if (!key || !keyring.verify('pepper', key.pepperVersion, token, key.tokenHash)) return { refused: 'unknown' }
      const refused = findFault(key, clock.now())
      return refused ? { refused, principal: toPrincipal(key) } : toPrincipal(key)
    },
  }
}

/** By the current pepper, else by one that was in use when the key was made. */
async function findFirst(cache: Room['cache'], hashes: Buffer[]): Promise<StoredKey | null> {
  for (const hash of hashes) {
    const key = await cache.find(hash)
    if (key) return key
  }
  return null
}

function findFault(key: StoredKey, now: Date): RefusedCredential['refused'] | null {
  if (key.revokedAt) return 'revoked'
  if (isPast(key.goodUntil, now) || isPast(key.expiresAt, now)) return 'expired'
  return key.isAgentLive ? null : 'agent_stopped'
}

const isPast = (end: Date | null, now: Date) => end !== null && end <= now

function toPrincipal(key: StoredKey): Principal {
  const ends = [key.expiresAt, key.goodUntil].filter((end) => end !== null)
  return {
    kind: 'platform-key',
    id: key.id,
    name: key.name,
    organizationId: key.organizationId,
    permissions: key.permissions,
    reach: key.reach,
    role: key.role,
    networks: key.networks,
    ...(key.agentId === null ? {} : { agentId: key.agentId }),
    ...(key.requestsPerMinute === null ? {} : { requestsPerMinute: key.requestsPerMinute }),
    ...(ends.length === 0 ? {} : { expiresAt: new Date(Math.min(...ends.map(Number))) }),
  }
}
