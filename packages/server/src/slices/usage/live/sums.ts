import type { LiveUsage } from '@keylease/shared/contracts/live-events'
import type { UsageVector } from '@keylease/shared/pricing/vector'
import { z } from 'zod'
import type { LedgerChange } from '../contribution'

const Moved = z.number()

/** By how much the sums of one team have moved; null is what belongs to none. */
export const TeamUsage = z.object({
  teamId: z.string().nullable(),
  requests: Moved,
  errors: Moved,
  unpriced: Moved,
  costNanos: z
    .string()
    .regex(/^-?\d+$/)
    .transform(BigInt),
  inputTokens: Moved,
  outputTokens: Moved,
  exact: Moved,
  estimated: Moved,
  assumed: Moved,
  latestMs: Moved,
})
export type TeamUsage = z.output<typeof TeamUsage>

const counts = ['requests', 'errors', 'unpriced', 'inputTokens', 'outputTokens', 'exact', 'estimated', 'assumed'] as const

const inputOf = (v: UsageVector) => v.inputUncached + v.cacheRead + v.cacheWrite5m + v.cacheWrite1h + v.audioIn
const outputOf = (v: UsageVector) => v.outputText + v.reasoning + v.audioOut

function toTeamUsage({ sign, of }: LedgerChange): TeamUsage {
  return {
    teamId: of.teamId,
    requests: sign,
    errors: of.status === 'error' ? sign : 0,
    unpriced: of.costNanos === null ? sign : 0,
    costNanos: BigInt(sign) * (of.costNanos ?? 0n),
    inputTokens: sign * inputOf(of.vector),
    outputTokens: sign * outputOf(of.vector),
    exact: of.quality === 'exact' ? sign : 0,
    estimated: of.quality === 'estimated' ? sign : 0,
    assumed: of.quality === 'assumed' ? sign : 0,
    latestMs: of.occurredAt.getTime(),
  }
}

/** Sums by team. */
export type UsageByTeam = Map<string | null, TeamUsage>

export function addChanges(sums: UsageByTeam, changes: readonly LedgerChange[]): void {
  for (const change of changes) addTeamUsage(sums, toTeamUsage(change))
}

export function addTeamUsage(sums: UsageByTeam, added: TeamUsage): void {
  const sum = sums.get(added.teamId)
  if (sum) addInto(sum, added)
  else sums.set(added.teamId, { ...added })
}

function addInto(sum: TeamUsage, added: TeamUsage): void {
  for (const name of counts) sum[name] += added[name]
  sum.costNanos += added.costNanos
  sum.latestMs = Math.max(sum.latestMs, added.latestMs)
}

/** Of all teams, or of those that are named; null where nothing of theirs has moved. */
export function toLiveUsage(sums: UsageByTeam, teams: readonly string[] | null, now: Date): LiveUsage | null {
  let total: TeamUsage | undefined
  for (const usage of sums.values()) {
    if (teams !== null && (usage.teamId === null || !teams.includes(usage.teamId))) continue
    if (total) addInto(total, usage)
    else total = { ...usage }
  }
  if (!total) return null
  const { requests, errors, unpriced, costNanos, inputTokens, outputTokens, exact, estimated, assumed, latestMs } = total
  return {
    requests,
    errors,
    unpriced,
    costNanos: String(costNanos),
    tokens: { input: inputTokens, output: outputTokens },
    quality: { exact, estimated, assumed },
    latestAt: new Date(latestMs).toISOString(),
    at: now.toISOString(),
  }
}
