import type { SummaryQuery, UsageSummary } from '@keylease/shared/contracts/usage'
import type pg from 'pg'
import type { Deps } from '../../../deps'
import type { Actor } from '../../../platform/auth'
import { readNote } from './fold'
import { toMeasures, toTiming } from './mapping'
import { everything } from './measures'
import { findPrevious, isPresentMonth, readPeriod } from './period'
import { type Plan, planAnswer } from './plan'
import { readProjection } from './projection'
import { toQuestion } from './question'
import { readUsage } from './reading'
import { readSketches } from './sketch-rows'
import { readSums } from './sum-rows'
import { toSums } from './sums'

export async function summarizeUsage(deps: Deps, actor: Actor, { from, to, compare, ...filters }: SummaryQuery): Promise<UsageSummary> {
  const now = deps.clock.now()
  const { organizationId } = actor
  const question = toQuestion(actor, filters)
  const circumstances = { organizationId, now, retentionDays: deps.env.usageRetentionDays }
  return readUsage(deps, actor, async (client) => {
    const period = await readPeriod(client, organizationId, { from, to }, now)
    const plan = planAnswer(period, question, circumstances)
    const { sums, ...told } = await readTold(client, plan)
    const previous =
      compare === 'true' ? planAnswer(await readPeriod(client, organizationId, findPrevious(period), now), question, circumstances) : null
    return {
      ...told,
      previous: previous && (await readTold(client, previous).then(({ sums: _, ...before }) => before)),
      projection: isPresentMonth(period, now) ? await readProjection(client, plan, period, now, sums.nanos.cost) : null,
      note: await readNote(client, plan),
      freshAt: now.toISOString(),
    }
  })
}

async function readTold(client: pg.ClientBase, plan: Plan) {
  const [row] = await readSums(client, plan, everything)
  const sums = row?.sums ?? toSums()
  const { latencyCalls, latencyMs, firstTokenCalls, firstTokenMs } = sums.counts
  const [latency] = latencyCalls === 0 ? [] : await readSketches(client, plan, 'latency')
  const [firstToken] = firstTokenCalls === 0 ? [] : await readSketches(client, plan, 'first_token')
  return {
    sums,
    from: plan.from.toISOString(),
    to: plan.to.toISOString(),
    ...toMeasures(sums),
    latency: toTiming(latency?.sketch, latencyCalls, latencyMs),
    firstToken: toTiming(firstToken?.sketch, firstTokenCalls, firstTokenMs),
  }
}
