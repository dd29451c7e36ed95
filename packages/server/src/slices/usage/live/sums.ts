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

const nothing = {
  requests: 0,
  errors: 0,
  unpriced: 0,
  costNanos: 0n,
  inputTokens: 0,
  outputTokens: 0,
  exact: 0,
  estimated: 0,
  assumed: 0,
  latestMs: Number.NEGATIVE_INFINITY,
}

/** Sums by team. */
export type UsageByTeam = Map<string | null, TeamUsage>

export function addChanges(sums: UsageByTeam, changes: readonly LedgerChange[]): void {
  for (const change of changes) addChange(findTeam(sums, change.of.teamId), change)
}

function findTeam(sums: UsageByTeam, teamId: string | null): TeamUsage {
  let sum = sums.get(teamId)
  if (!sum) {
    sum = { teamId, ...nothing }
    sums.set(teamId, sum)
  }
  return sum
}

function addChange(sum: TeamUsage, { sign, of }: LedgerChange): void {
  sum.requests += sign
  if (of.status === 'error') sum.errors += sign
  if (of.costNanos === null) sum.unpriced += sign
  else sum.costNanos += sign === 1 ? of.costNanos : -of.costNanos
  sum.inputTokens += sign * inputOf(of.vector)
  sum.outputTokens += sign * outputOf(of.vector)
  sum[of.quality] += sign
  sum.latestMs = Math.max(sum.latestMs, of.occurredAt.getTime())
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
