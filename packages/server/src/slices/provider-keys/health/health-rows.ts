import type { Database } from '../../../platform/db'
import type { Tx } from '../../../platform/tenancy'
import type { HealthState } from './judgement'

export interface CheckTimes {
  provider: string
  lastProbeAt: Date | null
  nextProbeAt: Date | null
}

/** What is known of a key whose row the transaction has locked. */
export async function readHealth(tx: Tx, keyId: string): Promise<HealthState & CheckTimes> {
  const found = await tx.$queryRaw<(HealthState & CheckTimes)[]>`
    SELECT k.provider, k.health, coalesce(h.refusals, 0) AS refusals, coalesce(h.failures, 0) AS failures,
      h.last_probe_at AS "lastProbeAt", h.next_probe_at AS "nextProbeAt"
    FROM provider_key k LEFT JOIN key_health h ON h.organization_id = k.organization_id AND h.key_id = k.id WHERE k.id = ${keyId}`
  if (!found[0]) throw new Error('a key that is locked is not there')
  return found[0]
}

export async function saveHealth(
  tx: Tx,
  key: { organizationId: string; keyId: string },
  { refusals, failures, lastProbeAt, nextProbeAt }: Omit<HealthState & CheckTimes, 'health' | 'provider'>,
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO key_health (organization_id, key_id, last_probe_at, next_probe_at, refusals, failures)
    VALUES (${key.organizationId}, ${key.keyId}, ${lastProbeAt}, ${nextProbeAt}, ${refusals}, ${failures})
    ON CONFLICT (organization_id, key_id) DO UPDATE SET last_probe_at = excluded.last_probe_at, next_probe_at = excluded.next_probe_at,
      refusals = excluded.refusals, failures = excluded.failures`
}

/** As the settings of the organization say; null: its keys are not checked. */
export async function findIntervalMs(tx: Tx, organizationId: string): Promise<number | null> {
  const found = await tx.$queryRaw<{ minutes: number | null }[]>`
    SELECT health_check_minutes AS minutes FROM organization WHERE id = ${organizationId}`
  const minutes = found[0]?.minutes ?? null
  return minutes === null ? null : minutes * 60_000
}

/** Every active key is checked within one new interval, spread over it; without one, no key is. */
export async function replanHealth(tx: Tx, now: Date, minutes: number | null): Promise<void> {
  if (minutes === null) {
    await tx.$executeRaw`UPDATE key_health SET next_probe_at = NULL WHERE next_probe_at IS NOT NULL`
    return
  }
  await tx.$executeRaw`
    UPDATE key_health h SET next_probe_at = least(coalesce(h.next_probe_at, 'infinity'), ${now}::timestamptz + random() * ${minutes}::int * interval '1 minute')
    FROM provider_key k WHERE k.organization_id = h.organization_id AND k.id = h.key_id AND k.status = 'active' AND k.deleted_at IS NULL`
}

/** The tenants that have keys to check, in an order of its own each time. */
export async function listDueOrganizations({ systemPool }: Pick<Database, 'systemPool'>, now: Date): Promise<string[]> {
  const found = await systemPool.query<{ id: string }>(
    `SELECT id FROM (SELECT DISTINCT organization_id AS id FROM key_health WHERE next_probe_at <= $1) AS due ORDER BY random()`,
    [now],
  )
  return found.rows.map((row) => row.id)
}

/** Postponed before anybody is asked: a checker that dies leaves them to the next. Keys that are not active leave the plan. */
export async function claimDue(tx: Tx, now: Date, until: Date, limit: number): Promise<string[]> {
  const claimed = await tx.$queryRaw<{ id: string; isActive: boolean }[]>`
    WITH due AS MATERIALIZED (
      SELECT key_id FROM key_health WHERE next_probe_at <= ${now} ORDER BY next_probe_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    UPDATE key_health h SET next_probe_at = CASE WHEN k.status = 'active' AND k.deleted_at IS NULL THEN ${until}::timestamptz END
    FROM due JOIN provider_key k ON k.id = due.key_id
    WHERE h.organization_id = k.organization_id AND h.key_id = due.key_id
    RETURNING h.key_id AS id, h.next_probe_at IS NOT NULL AS "isActive"`
  return claimed.filter((row) => row.isActive).map((row) => row.id)
}

export interface ProbeHistory {
  probes: number
  accepted: number
  p50: number | null
  p95: number | null
}

/** What the probes of a key's values in use said since then. What was not sent counts for nothing. */
export async function readHistory(tx: Tx, keyId: string, since: Date): Promise<ProbeHistory> {
  const found = await tx.$queryRaw<ProbeHistory[]>`
    SELECT count(*)::int AS probes, count(*) FILTER (WHERE p.verdict = 'valid')::int AS accepted,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY p.latency_ms) AS p50, percentile_cont(0.95) WITHIN GROUP (ORDER BY p.latency_ms) AS p95
    FROM probe p JOIN key_version v ON v.organization_id = p.organization_id AND v.id = p.version_id
    WHERE p.key_id = ${keyId} AND p.created_at >= ${since} AND p.reason <> 'no_probe' AND v.activated_at IS NOT NULL`
  return found[0] ?? { probes: 0, accepted: 0, p50: null, p95: null }
}
