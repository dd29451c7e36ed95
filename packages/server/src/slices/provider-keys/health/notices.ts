import type { Deps } from '../../../deps'
import type { Jobs } from '../../../platform/jobs'
import { inTenant, type Tx } from '../../../platform/tenancy'
import { announceKey } from '../announce'
import { toProviderKey } from '../mapping'
import { findKey } from '../queries'
import { listOrganizationIds } from '../upkeep-rows'
import { insertNotices, listAgingKeys, listExpiringKeys, type Notice } from './notice-rows'

const everyMs = 60_000
const dayMs = 86_400_000
const thresholds = [1, 7, 14, 30]
const ageLimitDays = 90

/** Tells of keys that expire or grow old: each threshold of each date once. */
export function scheduleKeyNotices(jobs: Jobs, deps: Pick<Deps, 'db' | 'clock'>): void {
  jobs.loop('key-notices', everyMs, () => noticeKeys(deps))
}

export async function noticeKeys({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  const now = clock.now()
  for (const organizationId of await listOrganizationIds(db.systemPool)) {
    await inTenant(db, organizationId, (tx) => noticeTenant(tx, organizationId, now))
  }
}

async function noticeTenant(tx: Tx, organizationId: string, now: Date): Promise<void> {
  const soon = new Date(now.getTime() + Math.max(...thresholds) * dayMs)
  const limitMs = ageLimitDays * dayMs
  const old = new Date(soon.getTime() - limitMs)
  const expiring = await listExpiringKeys(tx, soon)
  const aging = await listAgingKeys(tx, old)
  const due = [
    ...expiring.flatMap(({ keyId, at }) => toNotice({ keyId, about: at }, ['key.expiring', 'key.expired'], now)),
    ...aging.flatMap(({ keyId, at }) => toNotice({ keyId, about: new Date(at.getTime() + limitMs) }, ['key.aging', 'key.aged'], now)),
  ]
  for (const notice of await insertNotices(tx, organizationId, due, now)) await announce(tx, organizationId, notice, now)
}

/** Only the nearest threshold: a key that comes with a week to live is told of once. */
function toNotice(of: Pick<Notice, 'keyId' | 'about'>, [before, after]: readonly [Notice['kind'], Notice['kind']], now: Date): Notice[] {
  const daysLeft = (of.about.getTime() - now.getTime()) / dayMs
  if (daysLeft <= 0) return [{ ...of, kind: after, days: 0 }]
  const days = thresholds.find((threshold) => daysLeft <= threshold)
  return days === undefined ? [] : [{ ...of, kind: before, days }]
}

async function announce(tx: Tx, organizationId: string, { keyId, kind, about }: Notice, now: Date): Promise<void> {
  const row = await findKey(tx, keyId)
  if (!row) return
  const daysLeft = Math.max(0, Math.ceil((about.getTime() - now.getTime()) / dayMs))
  const isExpiry = kind === 'key.expiring' || kind === 'key.expired'
  const more = isExpiry ? { expiresAt: about.toISOString(), daysLeft } : { reachesAgeLimitAt: about.toISOString(), ageLimitDays, daysLeft }
  await announceKey(tx, { organizationId }, kind, toProviderKey(row), more)
}
