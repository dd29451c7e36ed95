import type { ProviderKeyHealth } from '@keylease/shared/contracts/provider-key-health'
import { createOutbound } from '../src/platform/outbound'
import { inTenantSql } from '../src/platform/tenancy'
import { createTokenExchange } from '../src/platform/token-exchange'
import { createHealthChecker } from '../src/slices/provider-keys/health/checker'
import type { Harness } from './harness'
import { callKeys } from './provider-keys'

/** Upstreams get a fraction of a second, and nobody waits between attempts. */
export async function hurryOutbound(harness: Pick<Harness, 'deps'>): Promise<void> {
  const tuning = { timeouts: { connectMs: 200, headersMs: 150, bodyMs: 150 }, sleep: async () => undefined }
  await harness.deps.outbound.close()
  const outbound = createOutbound(harness.deps.env, { ports: [], databasePorts: [] }, tuning)
  Object.assign(harness.deps, { outbound, tokens: createTokenExchange(outbound, harness.deps.clock) })
}

/** The rounds of one replica until nothing is due any more, with the jitter in the middle of its range. */
export async function checkHealth({ deps }: Pick<Harness, 'deps'>, random: () => number = () => 0.5): Promise<void> {
  const checker = createHealthChecker(deps, random)
  const now = deps.clock.now()
  for (;;) {
    await checker.turn()
    await checker.drain()
    const due = await deps.db.systemPool.query('SELECT 1 FROM key_health WHERE next_probe_at <= $1', [now])
    if (due.rowCount === 0) return
  }
}

export const readHealth = async (harness: Pick<Harness, 'request'>, id: string, options: { token?: string } = {}) =>
  (await callKeys<ProviderKeyHealth>(harness, 'GET', `/${id}/health`, options)).body

export const minutesUntil = ({ deps }: Pick<Harness, 'deps'>, time: string | null): number | null =>
  time === null ? null : Math.round((new Date(time).getTime() - deps.clock.now().getTime()) / 60_000)

/** Kinds of the events about one thing, in their order. */
export function listEvents(
  { deps, organizationId }: Harness,
  resourceId: string,
): Promise<{ kind: string; payload: Record<string, unknown> }[]> {
  return inTenantSql(deps.db.appPool, organizationId, async (client) => {
    const found = await client.query<{ kind: string; payload: Record<string, unknown> }>(
      'SELECT kind, payload FROM outbox_event WHERE resource_id = $1 ORDER BY created_at, id',
      [resourceId],
    )
    return found.rows
  })
}
