import type { BreakdownQuery, UsageBreakdown, UsageBreakdownRow, UsageDimension } from '@keylease/shared/contracts/usage-breakdown'
import { shareOf } from '@keylease/shared/insights/rates'
import type pg from 'pg'
import type { Deps } from '../../../deps'
import type { Actor } from '../../../platform/auth'
import { countLimit, readKeyCursor, toKeyPage } from '../../../platform/page'
import { readNote } from './fold'
import { labelGroups } from './labels'
import { toMeasures, toQuality, toTiming } from './mapping'
import { everything, type Wanted } from './measures'
import { findPrevious, readPeriod } from './period'
import { type Plan, planAnswer, planWhole } from './plan'
import { toQuestion } from './question'
import type { RankedGroup } from './ranked-group'
import { rankGroups } from './ranking'
import { readUsage } from './reading'
import { readSketches } from './sketch-rows'
import { readSums } from './sum-rows'
import { toSums } from './sums'

const cursorShape = /^(true|false) (\d{1,40}) (-?\d{1,19})$/
const rankings = { cost: 'cost', requests: 'calls', tokens: 'tokens', errors: 'errors', latency: 'averageLatency' } as const
const ofCost: Wanted = { counts: ['calls'], nanos: ['cost'], hasVector: false }
const ofWhole: Wanted = { counts: ['calls', 'unpriced', 'estimated', 'assumed'], nanos: ['cost'], hasVector: false }

export async function breakUsageDown(deps: Deps, actor: Actor, query: BreakdownQuery): Promise<UsageBreakdown> {
  const now = deps.clock.now()
  const { organizationId } = actor
  const { from, to, groupBy, sort, order, compare, limit, cursor, ...filters } = query
  const question = toQuestion(actor, filters, groupBy.split(',') as UsageDimension[]) // the contract takes no other names
  const [isRest, rank, tie] = readKeyCursor(cursorShape, cursor) ?? []
  const after = rank !== undefined && tie !== undefined ? { isRest: isRest === 'true', rank, tie } : null
  const circumstances = { organizationId, now, retentionDays: deps.env.usageRetentionDays }
  return readUsage(deps, actor, async (client) => {
    const period = await readPeriod(client, organizationId, { from, to }, now)
    const plan = planAnswer(period, question, circumstances)
    const { groups, total } = await rankGroups(client, plan, { by: rankings[sort], isAscending: order === 'asc', limit: limit + 1, after })
    const [row] = await readSums(client, planWhole(plan), ofWhole)
    const whole = row?.sums ?? toSums()
    const page = toKeyPage(groups, limit, Math.min(total, countLimit), (group) => `${group.isRest} ${group.rank} ${group.tie}`)
    const previous =
      compare === 'true' ? planAnswer(await readPeriod(client, organizationId, findPrevious(period), now), question, circumstances) : null
    return {
      ...page,
      items: await readRows(client, plan, previous, page.items, whole.nanos.cost),
      from: plan.from.toISOString(),
      to: plan.to.toISOString(),
      costNanos: whole.nanos.cost.toString(),
      unpriced: whole.counts.unpriced,
      quality: toQuality(whole),
      note: await readNote(client, plan),
      freshAt: now.toISOString(),
    }
  })
}

async function readRows(
  client: pg.ClientBase,
  plan: Plan,
  previous: Plan | null,
  groups: readonly RankedGroup[],
  wholeNanos: bigint,
): Promise<UsageBreakdownRow[]> {
  const keys = groups.map(({ key }) => key)
  const sums = byKey(await readSums(client, plan, everything, { keys }))
  const sketches = byKey(await readSketches(client, plan, 'latency', { keys }))
  const before = previous && byKey(await readSums(client, previous, ofCost, { keys }))
  const labelled = await labelGroups(client, plan.question.groups, groups)
  return labelled.map(({ key, keys: named, label, isOther }) => {
    const name = nameOf(key)
    const own = sums.get(name)?.sums ?? toSums()
    return {
      keys: named,
      label,
      isOther,
      ...toMeasures(own),
      costShare: shareOf(own.nanos.cost, wholeNanos),
      previousCostNanos: before && (before.get(name)?.sums.nanos.cost ?? 0n).toString(),
      latency: toTiming(sketches.get(name)?.sketch, own.counts.latencyCalls, own.counts.latencyMs),
    }
  })
}

const nameOf = (key: readonly string[]) => key.join('\u0000')
const byKey = <Row extends { key: readonly string[] }>(rows: readonly Row[]) => new Map(rows.map((row) => [nameOf(row.key), row]))
