import type { ProviderKeyHealth } from '@keylease/shared/contracts/provider-key-health'
import type { Deps } from '../../../deps'
import { readAs } from '../../../platform/access'
import type { Actor } from '../../../platform/auth'
import { toProviderKey } from '../mapping'
import { requireProvider, seeKey } from '../sight'
import { type ProbeHistory, readHealth, readHistory } from './health-rows'

const dayMs = 86_400_000

export function getProviderKeyHealth(deps: Deps, actor: Actor, keyId: string): Promise<ProviderKeyHealth> {
  return readAs(deps, actor, async (tx) => {
    const row = await seeKey(deps, tx, actor, keyId)
    const { health, checkedAt } = toProviderKey(row)
    const { probe } = await requireProvider(tx, row.provider)
    const { refusals, lastProbeAt, nextProbeAt } = await readHealth(tx, keyId)
    const isChecked = probe !== null && row.status === 'active' && row.deletedAt === null
    const since = (days: number) => readHistory(tx, keyId, new Date(deps.clock.now().getTime() - days * dayMs))
    return {
      keyId,
      health,
      checkedAt,
      isConfirming: refusals === 1 && health !== 'rejected',
      lastProbeAt: lastProbeAt?.toISOString() ?? null,
      nextProbeAt: isChecked ? (nextProbeAt?.toISOString() ?? null) : null,
      history: { '24h': toPeriod(await since(1)), '7d': toPeriod(await since(7)), '30d': toPeriod(await since(30)) },
    }
  })
}

const toPeriod = ({ probes, accepted, p50, p95 }: ProbeHistory) => ({
  probes,
  successRatio: probes === 0 ? null : accepted / probes,
  latencyMs: p50 === null || p95 === null ? null : { p50: Math.round(p50), p95: Math.round(p95) },
})
