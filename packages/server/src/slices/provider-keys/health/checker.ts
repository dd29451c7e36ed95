import type { Deps } from '../../../deps'
import type { Jobs } from '../../../platform/jobs'
import { inTenant } from '../../../platform/tenancy'
import { probeKey } from '../probing'
import { lockKey } from '../queries'
import { recordProbe } from '../recording'
import { openSecret } from '../secrets'
import { type DueKey, loadDue } from './due-key'
import { claimDue, listDueOrganizations } from './health-rows'

type CheckerDeps = Pick<Deps, 'db' | 'clock' | 'cipher' | 'keyring' | 'outbound' | 'tokens' | 'traffic' | 'log'>

export interface HealthChecker {
  /** Starts the checks that are due, as many as there is room for; it does not wait for the providers. */
  turn(): Promise<void>
  /** Waits for what is under way. */
  drain(): Promise<void>
}

const everyMs = 1_000
const withinMs = 10_000
const claimMs = 120_000
/** At most so many checks at once, and by the turn so many a second: keys that are due together take their turns. */
const underWay = 8
const underWayPerTenant = 4

/** Each key once, however many replicas look: it is claimed, asked about outside any transaction, and what came back is kept. */
export function createHealthChecker(deps: CheckerDeps, random: () => number = Math.random): HealthChecker {
  const checks = new Map<string, { organizationId: string; done: Promise<void> }>()
  const countOf = (organizationId: string) => [...checks.values()].filter((one) => one.organizationId === organizationId).length

  const check = async (organizationId: string, due: DueKey) => {
    try {
      const value = await openSecret(deps, organizationId, due.version)
      const probed = await probeKey(deps, { ...due, value }, { withinMs, organizationId })
      await keep(deps, organizationId, due, probed, random)
    } catch (error) {
      deps.log.error(
        { err: error, keyId: due.keyId },
        'the health of a key could not be checked; it is tried again when its claim runs out',
      )
    } finally {
      checks.delete(due.keyId)
    }
  }

  const serve = async (organizationId: string) => {
    const free = Math.min(underWayPerTenant - countOf(organizationId), underWay - checks.size)
    if (free <= 0) return
    const now = deps.clock.now()
    const due = await inTenant(deps.db, organizationId, async (tx) => {
      const ids = await claimDue(tx, now, new Date(now.getTime() + claimMs), free)
      return loadDue(tx, deps, organizationId, ids)
    })
    for (const one of due) checks.set(one.keyId, { organizationId, done: check(organizationId, one) })
  }

  return {
    async turn() {
      for (const organizationId of await listDueOrganizations(deps.db, deps.clock.now())) await serve(organizationId)
    },
    async drain() {
      await Promise.all([...checks.values()].map((one) => one.done))
    },
  }
}

/** What came back speaks of the value that was asked about: if another took its place meanwhile, it says nothing of the key. */
async function keep(
  deps: CheckerDeps,
  organizationId: string,
  { keyId, version }: DueKey,
  probed: Awaited<ReturnType<typeof probeKey>>,
  random: () => number,
): Promise<void> {
  await inTenant(deps.db, organizationId, async (tx) => {
    const row = await lockKey(tx, keyId)
    const newest = row?.versions[0]
    const isCurrent = row?.status === 'active' && row.deletedAt === null && newest?.id === version.id && newest.state === 'current'
    const by = { organizationId, id: 'health-check', isScheduled: true }
    if (isCurrent) await recordProbe(tx, deps, by, { keyId, versionId: version.id, isCurrent }, probed, random)
  })
}

/** One replica checks for all. */
export function scheduleHealthChecks(jobs: Jobs, deps: CheckerDeps): HealthChecker {
  const checker = createHealthChecker(deps)
  jobs.loop('health-checks', everyMs, () => checker.turn())
  return checker
}
