import type { Clock } from './clock'
import type { Events } from './events'
import type { StoredKey } from './platform-key-rows'

export interface PlatformKeyCache {
  find(tokenHash: Buffer): Promise<StoredKey | null>
  /** What this process changed, it forgets at once; the other replicas hear of it from the change feed. */
  forget(keyId: string): void
  /** The same for all keys of an organization. */
  forgetOrganization(organizationId: string): void
}

export const platformKeyChanged = 'platform-key.changed'
/** A role or a team of somebody in the organization: the keys that they made follow. */
export const membersChanged = 'members.changed'

const maximumEach = 20_000
const unknownMs = 10_000
const longestLagMs = 5_000

/**
 * The keys that were shown to this process, by the keyed hash of their token. Tokens that belong to nobody are remembered
 * briefly and apart, so that a flood of them pushes out no key.
 */
export function createPlatformKeyCache(
  room: { clock: Clock; events: Pick<Events, 'on' | 'lagMs'> },
  load: (tokenHash: Buffer) => Promise<StoredKey | null>,
): PlatformKeyCache {
  const known = new Map<string, StoredKey>()
  const unknownUntil = new Map<string, number>()
  const loading = new Map<string, Promise<StoredKey | null>>()

  // What is being read now may have been read before the change: it serves who waits for it, and nobody after.
  const forgetWhere = (isMeant: (key: StoredKey) => boolean) => {
    loading.clear()
    for (const [hash, key] of known) if (isMeant(key)) known.delete(hash)
  }
  const forget = (keyId: unknown) => forgetWhere((key) => key.id === keyId)
  room.events.on(platformKeyChanged, ({ payload }) => forget(payload['keyId']))
  for (const kind of ['agent.changed', 'project.changed']) {
    room.events.on(kind, ({ organizationId }) => forgetWhere((key) => key.organizationId === organizationId && key.agentId !== null))
  }
  const forgetOrganization = (organizationId: string) => forgetWhere((key) => key.organizationId === organizationId)
  room.events.on(membersChanged, ({ organizationId }) => forgetOrganization(organizationId))
  room.events.on('reload', () => {
    forgetWhere(() => true)
    unknownUntil.clear()
  })

  const keep = (hash: string, key: StoredKey | null) => {
    if (key) putNewest(known, hash, key)
    else putNewest(unknownUntil, hash, room.clock.monotonicMs() + unknownMs)
  }

  const read = (hash: string, tokenHash: Buffer) => {
    const reading = load(tokenHash)
      .then((key) => {
        if (loading.get(hash) === reading) keep(hash, key)
        return key
      })
      .finally(() => {
        if (loading.get(hash) === reading) loading.delete(hash)
      })
    loading.set(hash, reading)
    return reading
  }

  return {
    async find(tokenHash) {
      const hash = tokenHash.toString('base64')
      if (room.events.lagMs() <= longestLagMs) {
        const key = known.get(hash)
        if (key) return putNewest(known, hash, key)
        if ((unknownUntil.get(hash) ?? 0) > room.clock.monotonicMs()) return null
      }
      return loading.get(hash) ?? read(hash, tokenHash)
    },
    forget,
    forgetOrganization,
  }
}

/** Set again, so that the first entry is always the one used longest ago. */
function putNewest<T>(entries: Map<string, T>, key: string, value: T): T {
  entries.delete(key)
  entries.set(key, value)
  for (const oldest of entries.keys()) {
    if (entries.size <= maximumEach) break
    entries.delete(oldest)
  }
  return value
}
