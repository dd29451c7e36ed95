import type { Clock } from '../clock'
import type { Events } from '../events'
import { createRecent } from './recent'
import type { StoredTrustRule } from './trust-rule-rows'

/** The rules of one organization as they were read; another reading is another set. */
export interface TrustRuleSet {
  version: number
  rules: readonly StoredTrustRule[]
}

export interface TrustRuleCache {
  /** Null where there is no such organization. */
  get(organizationId: string): Promise<TrustRuleSet | null>
  /** What this process changed, it forgets at once; the other replicas hear of it from the change feed. */
  forget(organizationId: string): void
}

export const trustRuleChanged = 'trust-rule.changed'
const maximumEach = 10_000
const unknownMs = 10_000
const longestLagMs = 5_000

/**
 * Read once per organization and process, and again when the change feed says so or has fallen silent. Organizations that do not
 * exist are remembered briefly and apart, so that a flood of them pushes out nobody's rules.
 */
export function createTrustRuleCache(
  room: { clock: Clock; events: Pick<Events, 'on' | 'lagMs'> },
  load: (organizationId: string) => Promise<StoredTrustRule[] | null>,
): TrustRuleCache {
  const known = createRecent<Promise<TrustRuleSet | null>>(maximumEach)
  const unknownUntil = createRecent<number>(maximumEach)
  let version = 0

  const forget = (organizationId: string) => {
    known.delete(organizationId)
    unknownUntil.delete(organizationId)
  }
  for (const kind of [trustRuleChanged, 'agent.changed', 'project.changed']) {
    room.events.on(kind, ({ organizationId }) => forget(organizationId))
  }
  room.events.on('reload', () => {
    known.clear()
    unknownUntil.clear()
  })

  const read = async (organizationId: string) => {
    const rules = await load(organizationId)
    if (!rules) unknownUntil.set(organizationId, room.clock.monotonicMs() + unknownMs)
    return rules && { version: ++version, rules }
  }
  // Kept while it is being read: what changes meanwhile makes the next one read again.
  const keep = (organizationId: string) => {
    const reading = read(organizationId)
    known.set(organizationId, reading)
    const drop = () => {
      if (known.get(organizationId) === reading) known.delete(organizationId)
    }
    reading.then((found) => found === null && drop(), drop)
    return reading
  }

  return {
    get(organizationId) {
      if (room.events.lagMs() > longestLagMs) return keep(organizationId)
      if ((unknownUntil.get(organizationId) ?? 0) > room.clock.monotonicMs()) return Promise.resolve(null)
      return known.get(organizationId) ?? keep(organizationId)
    },
    forget,
  }
}
