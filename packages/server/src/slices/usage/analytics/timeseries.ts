import type { TimeseriesQuery, UsageSeries, UsageTimeseries } from '@keylease/shared/contracts/usage-timeseries'
import type pg from 'pg'
import type { Deps } from '../../../deps'
import type { Actor } from '../../../platform/auth'
import { readNote } from './fold'
import { type Labelled, labelGroups, restLabel } from './labels'
import { toPoint, toQuality, toTiming } from './mapping'
import { ofPoint, type Wanted } from './measures'
import type { PartOptions } from './parts'
import { readPeriod } from './period'
import { type Plan, planAnswer, planWhole } from './plan'
import { listPoints } from './points'
import { toQuestion } from './question'
import { rankGroups } from './ranking'
import { readUsage } from './reading'
import { readSketches } from './sketch-rows'
import { readSums } from './sum-rows'
import { type Sums, subtractSums, toSums } from './sums'

/** What is told of each point of one series, by when it begins. */
type Points = ReadonlyMap<number, { sums: Sums; sketch: number[] | undefined }>

interface Drawing extends Labelled {
  points: Points
}

type Asked = Pick<TimeseriesQuery, 'granularity' | 'limit' | 'latency'>

export async function listUsagePoints(deps: Deps, actor: Actor, query: TimeseriesQuery): Promise<UsageTimeseries> {
  const now = deps.clock.now()
  const { organizationId } = actor
  const { from, to, granularity, groupBy, limit, latency, ...filters } = query
  const question = toQuestion(actor, filters, groupBy ? [groupBy] : [])
  return readUsage(deps, actor, async (client) => {
    const period = await readPeriod(client, organizationId, { from, to }, now)
    const circumstances = { organizationId, now, retentionDays: deps.env.usageRetentionDays }
    const plan = planAnswer(period, question, { ...circumstances, granularity })
    const times = await listPoints(client, plan, granularity, groupBy ? limit + 1 : 1)
    const whole = await drawWhole(client, planWhole(plan), { granularity, latency })
    const drawings = groupBy
      ? await drawGroups(client, { plan, ranked: planAnswer(period, question, circumstances) }, { granularity, limit, latency }, whole)
      : [{ ...restLabel, label: 'All', isOther: false, points: whole }]
    const sums = [...whole.values()].map((point) => point.sums)
    return {
      from: plan.from.toISOString(),
      to: plan.to.toISOString(),
      granularity,
      timeZone: plan.timeZone,
      unpriced: sums.reduce((total, { counts }) => total + counts.unpriced, 0),
      quality: toQuality({ counts: addCounts(sums) }),
      series: drawings.map((drawing) => toSeries(drawing, times)),
      note: await readNote(client, plan),
      freshAt: now.toISOString(),
    }
  })
}

/** All groups together, read where it is kept as a whole. */
const drawWhole = (client: pg.ClientBase, plan: Plan, asked: Omit<Asked, 'limit'>): Promise<Points> =>
  draw(client, plan, asked).then((drawn) => drawn.get('') ?? new Map())

/** Which groups are drawn is found by coarser sums than those of the points. */
async function drawGroups(
  client: pg.ClientBase,
  { plan, ranked }: { plan: Plan; ranked: Plan },
  asked: Asked,
  whole: Points,
): Promise<Drawing[]> {
  const ranking = { by: 'cost', isAscending: false, limit: asked.limit, after: null } as const
  const { groups } = await rankGroups(client, ranked, ranking)
  const named = groups.filter(({ isRest }) => !isRest)
  const drawn = await draw(client, plan, asked, { keys: named.map(({ key }) => key) })
  const pointsOf = (key: readonly string[]): Points => drawn.get(key.join('\u0000')) ?? new Map()
  const labelled = await labelGroups(client, plan.question.groups, named)
  const drawings = labelled.map(({ keys, label, isOther, key }) => ({ keys, label, isOther, points: pointsOf(key) }))
  // A call may have several tags: what is left of all calls is not what other tags hold.
  const all = plan.question.groups.includes('tag') ? await drawWhole(client, planWhole(plan, true), asked) : whole
  const rest = subtractPoints(all, drawings)
  return rest.size === 0 ? drawings : [...drawings, { ...restLabel, points: rest }]
}

/** Points by the key of their group. */
async function draw(
  client: pg.ClientBase,
  plan: Plan,
  { granularity, latency }: Omit<Asked, 'limit'>,
  options: PartOptions = {},
): Promise<Map<string, Points>> {
  const hasLatency = latency === 'true'
  const wanted: Wanted = hasLatency ? { ...ofPoint, counts: [...ofPoint.counts, 'latencyCalls', 'latencyMs'] } : ofPoint
  const rows = await readSums(client, plan, wanted, { ...options, granularity })
  const sketches = hasLatency ? await readSketches(client, plan, 'latency', { ...options, granularity }) : []
  const nameOf = ({ key, at }: { key: readonly string[]; at: Date | null }) => `${key.join('\u0000')}\n${at?.getTime()}`
  const sketchOf = new Map(sketches.map((row) => [nameOf(row), row.sketch]))
  const drawn = new Map<string, Map<number, { sums: Sums; sketch: number[] | undefined }>>()
  for (const row of rows) {
    const name = row.key.join('\u0000')
    const points = drawn.get(name) ?? new Map()
    drawn.set(name, points.set(row.at?.getTime() ?? 0, { sums: row.sums, sketch: sketchOf.get(nameOf(row)) }))
  }
  return drawn
}

function subtractPoints(whole: Points, drawings: readonly Drawing[]): Points {
  const left = [...whole].map(([at, point]) => {
    const parts = drawings.flatMap(({ points }) => points.get(at) ?? [])
    const sums = parts.reduce((rest, part) => subtractSums(rest, part.sums), point.sums)
    const sketch = point.sketch?.map((count, bucket) => parts.reduce((rest, part) => rest - (part.sketch?.[bucket] ?? 0), count))
    return [at, { sums, sketch }] as const
  })
  return new Map(left.filter(([, { sums }]) => sums.counts.calls > 0))
}

function toSeries({ points, ...named }: Drawing, times: readonly Date[]): UsageSeries {
  const all = [...points.values()].map(({ sums }) => sums)
  return {
    ...named,
    requests: addCounts(all).calls,
    costNanos: all.reduce((total, { nanos }) => total + nanos.cost, 0n).toString(),
    points: times.map((at) => {
      const { sums = toSums(), sketch } = points.get(at.getTime()) ?? {}
      return toPoint(at, sums, toTiming(sketch, sums.counts.latencyCalls, sums.counts.latencyMs))
    }),
  }
}

const addCounts = (all: readonly Sums[]): Sums['counts'] => {
  const total = { ...toSums().counts }
  for (const { counts } of all) for (const name of ['calls', 'estimated', 'assumed'] as const) total[name] += counts[name]
  return total
}
