import { setTimeout as wait } from 'node:timers/promises'
import type { Deps } from '../../packages/server/src/deps'
import { inTenantSql } from '../../packages/server/src/platform/tenancy'
import { round } from '../support/load'
import { median } from '../support/measure'
import type { BenchSite } from '../support/service'
import { type BenchRoom, findOrganization } from './agents'

const leases = 1_000_000
const batch = 100_000
const starts = 3
/** Until what a start leaves behind is collected, and the first round of the clean-up is over. */
const settleMs = 4_000

/** What a million live leases cost a service that starts: nothing is held in memory for any of them. */
export async function measureMillion(site: BenchSite, { db }: Deps, room: BenchRoom) {
  const without = await measureStarts(site)
  const live = await insertLeases(db, room)
  const withThem = await measureStarts(site)
  const megabytes = (bytes: number) => round(bytes / 2 ** 20)
  return [
    { what: 'without a live lease', startMs: round(without.readyMs), rssMegabytes: megabytes(without.rss) },
    {
      what: `with ${live} live leases`,
      startMs: round(withThem.readyMs),
      rssMegabytes: megabytes(withThem.rss),
      moreMegabytes: megabytes(withThem.rss - without.rss),
    },
  ]
}

async function insertLeases(db: Deps['db'], { projectId, keyId, keyVersionId }: BenchRoom): Promise<number> {
  const organizationId = await findOrganization(db)
  const live = await inTenantSql(db.systemPool, organizationId, async (client) => {
    for (let first = 1; first <= leases; first += batch)
      await client.query(insertBatch, [organizationId, projectId, keyId, keyVersionId, first, first + batch - 1])
    const found = await client.query<{ live: number }>(
      'SELECT count(*)::integer AS live FROM lease WHERE expires_at > now() AND ended_at IS NULL',
    )
    return found.rows[0]?.live ?? 0
  })
  await db.ownerPool.query('VACUUM ANALYZE lease')
  return live
}

async function measureStarts(site: BenchSite): Promise<{ readyMs: number; rss: number }> {
  const figures: { readyMs: number; rss: number }[] = []
  for (let n = 0; n < starts; n++) {
    const service = await site.start()
    await wait(settleMs)
    figures.push({ readyMs: service.readyMs, rss: service.readRss() })
    await service.stop()
  }
  return { readyMs: median(figures.map(({ readyMs }) => readyMs)), rss: median(figures.map(({ rss }) => rss)) }
}

const insertBatch = `
  INSERT INTO lease (organization_id, id, project_id, agent_id, environment, holder_kind, holder_id, grant_id, provider, key_id, key_version_id,
    delivery, scope, policy_version, issued_at, expires_at, longest_seconds, ends_by)
  SELECT $1, 'lse_' || lpad(n::text, 26, '0'), $2, 'agt_' || lpad((n % 10000)::text, 26, '0'), 'production', 'platform-key',
    'plk_' || lpad((n % 10000)::text, 26, '0'), 'grant_' || lpad('1', 26, '0'), 'openai', $3, $4, 'gateway',
    '{"models":[],"operations":[],"addresses":[]}', 1, now(), now() + interval '1 hour', 3600, now() + interval '24 hours'
  FROM generate_series($5::integer, $6::integer) AS n`
