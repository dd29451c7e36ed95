import type { ProviderKeyUsage } from '@keylease/shared/contracts/usage-of-key'
import type { Granularity } from '@keylease/shared/contracts/usage-timeseries'
import type pg from 'pg'
import type { Deps } from '../../../deps'
import type { Actor } from '../../../platform/auth'
import { getProviderKey } from '../../provider-keys/service'
import { readNote } from './fold'
import { toMeasures, toPoint, toTiming } from './mapping'
import { everything, ofPoint } from './measures'
import { readPeriod } from './period'
import { findHorizon, type Plan, planAnswer } from './plan'
import { listPoints } from './points'
import { readProjection } from './projection'
import { toQuestion } from './question'
import { readUsage } from './reading'
import { readSketches } from './sketch-rows'
import { readSums } from './sum-rows'
import { toSums } from './sums'

/** What a key was used for, as far as its viewer sees usage at all. A key that they do not see is absent. */
export async function getProviderKeyUsage(deps: Deps, actor: Actor, keyId: string): Promise<ProviderKeyUsage> {
  await getProviderKey(deps, actor, keyId)
  const now = deps.clock.now()
  const { organizationId } = actor
  const question = toQuestion(actor, { keyId })
  const circumstances = { organizationId, now, retentionDays: deps.env.usageRetentionDays }
  const horizon = findHorizon(circumstances)
  return readUsage(deps, actor, async (client) => {
    const month = await readPeriod(client, organizationId, {}, now)
    const plan = planAnswer(month, question, circumstances)
    const planSince = async (since: Date, granularity: Granularity) => {
      const from = plan.rollups === null && since < horizon ? horizon : since
      return planAnswer(await readPeriod(client, organizationId, { from }, now), question, { ...circumstances, granularity })
    }
    const usage = await readMonth(client, plan)
    const [days, months] = await readStarts(client, month)
    const projection = await readProjection(client, plan, month, now, BigInt(usage.costNanos))
    return {
      keyId,
      usage,
      history: {
        daily: await readHistory(client, await planSince(days, 'day'), 'day'),
        monthly: await readHistory(client, await planSince(months, 'month'), 'month'),
      },
      costs: { current: usage.costNanos, projected: projection?.costNanos ?? null },
      note: await readNote(client, plan),
      freshAt: now.toISOString(),
    }
  })
}

/** When the last thirty days and the last twelve months began, with the present ones. */
async function readStarts(
  client: pg.ClientBase,
  { today, thisMonth, timeZone }: { today: Date; thisMonth: Date; timeZone: string },
): Promise<[Date, Date]> {
  const found = await client.query<{ days: Date; months: Date }>(
    `SELECT (($1::timestamptz AT TIME ZONE $3) - interval '29 days') AT TIME ZONE $3 AS days,
       (($2::timestamptz AT TIME ZONE $3) - interval '11 months') AT TIME ZONE $3 AS months`,
    [today, thisMonth, timeZone],
  )
  return [found.rows[0]?.days ?? today, found.rows[0]?.months ?? thisMonth]
}

async function readMonth(client: pg.ClientBase, plan: Plan) {
  const [row] = await readSums(client, plan, everything)
  const sums = row?.sums ?? toSums()
  const { latencyCalls, latencyMs } = sums.counts
  const [latency] = latencyCalls === 0 ? [] : await readSketches(client, plan, 'latency')
  return {
    from: plan.from.toISOString(),
    to: plan.to.toISOString(),
    ...toMeasures(sums),
    latency: toTiming(latency?.sketch, latencyCalls, latencyMs),
  }
}

async function readHistory(client: pg.ClientBase, plan: Plan, granularity: Granularity) {
  const times = await listPoints(client, plan, granularity, 1)
  const rows = await readSums(client, plan, ofPoint, { granularity })
  const sumsAt = new Map(rows.map(({ at, sums }) => [at?.getTime(), sums]))
  return times.map((at) => {
    const { requests, errors, costNanos, inputTokens, outputTokens } = toPoint(at, sumsAt.get(at.getTime()) ?? toSums(), null)
    return { at: at.toISOString(), requests, errors, costNanos, inputTokens, outputTokens }
  })
}
