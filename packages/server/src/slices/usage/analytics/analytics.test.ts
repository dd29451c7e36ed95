import type { UsageSummary } from '@keylease/shared/contracts/usage'
import type { UsageBreakdown } from '@keylease/shared/contracts/usage-breakdown'
import type { UsageTimeseries } from '@keylease/shared/contracts/usage-timeseries'
import { newId } from '@keylease/shared/ids'
import { quantileOf, sketchBuckets, toSketchBucket } from '@keylease/shared/insights/latency-sketch'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { testSize } from '../../../../test/size'
import { toReading, toReport } from '../../../../test/usage'
import { openUsage } from '../../../../test/usage-analytics'
import type { UsageReport } from '../event'
import { recordUsage } from '../service'
import { layOutDays } from '../sheets/service'

const now = new Date('2026-11-05T10:20:30.000Z')
let harness: Harness
beforeAll(async () => {
  harness = await createHarness({}, { now: () => now, monotonicMs: () => performance.now() })
})
afterAll(() => harness.close())

/** The clocks of Berlin and New York change in these weeks, those of Kathmandu stand a quarter of an hour apart from ours. */
const begin = Date.parse('2026-10-20T00:00:00.000Z')
const quarterMs = 900_000
const [agents, keys, teams] = (['agent', 'providerKey', 'team'] as const).map((kind) => [newId(kind), newId(kind)])
const among = <const T>(...values: T[]) => fc.constantFrom(...values)

const anyCall = fc
  .record({
    minutes: fc.integer({ min: 0, max: Math.floor((now.getTime() - begin) / 60_000) - 1 }),
    ms: fc.integer({ min: 0, max: 59_999 }),
    provider: among('openai', 'anthropic'),
    model: among('gpt-5-mini', 'claude-sonnet-5', 'a · b'),
    agentId: among(...(agents ?? []), null),
    keyId: among(...(keys ?? [])),
    teamId: among(...(teams ?? []), null),
    environment: among('production', 'staging', null),
    tags: fc.uniqueArray(among('checkout', 'search', 'nightly'), { maxLength: 2 }),
    status: among('ok', 'ok', 'error', 'aborted'),
    quality: among('exact', 'exact', 'estimated', 'assumed'),
    nanos: fc.option(fc.bigInt({ min: 0n, max: 10n ** 13n })),
    latencyMs: fc.option(fc.integer({ min: 0, max: 90_000 })),
    tokens: fc.integer({ min: 0, max: 100_000 }),
  })
  .map(({ minutes, ms, provider, model, tags, status, quality, nanos, latencyMs, tokens, ...owner }) =>
    toReport({
      occurredAt: new Date(begin + minutes * 60_000 + ms),
      owner: { ...toReport().owner, ...owner },
      ...{ provider, tags, status, latencyMs },
      reading: toReading(
        { inputUncached: tokens, cacheRead: 7 },
        { quality, reportedNanos: nanos, model: nanos === null ? 'of tomorrow' : model },
      ),
    }),
  )

interface Asked {
  from: string
  to: string
  filter: Record<string, string>
  group: readonly string[]
  granularity: string
}

/** When October and November begin in each of the zones. */
const monthStarts = ['00:00', '04:00'].flatMap((time) => [`2026-10-01T${time}Z`, `2026-11-01T${time}Z`])
const monthStartsElsewhere = ['2026-09-30T22:00Z', '2026-10-31T23:00Z', '2026-09-30T18:15Z', '2026-10-31T18:15Z']
/** On a quarter, an hour, a day, a month or nowhere in particular. */
const anyTime = fc.oneof(
  { weight: 2, arbitrary: among(...monthStarts, ...monthStartsElsewhere).map((time) => Date.parse(time)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: now.getTime() - begin }), among(1, quarterMs, 4 * quarterMs, 86_400_000))
      .map(([ms, grain]) => begin + ms - (ms % grain)),
  },
)
const anyFilter = fc.oneof(
  among<Record<string, string>>(
    {},
    { provider: 'openai' },
    { model: 'gpt-5-mini' },
    { tag: 'checkout' },
    { environment: 'staging' },
    { status: 'error' },
  ),
  among<Record<string, string>>(
    { quality: 'assumed' },
    { agentId: agents?.[0] ?? '' },
    { agentId: agents?.[0] ?? '', model: 'a · b' },
    { keyId: keys?.[0] ?? '', model: 'gpt-5-mini' },
  ),
  among<Record<string, string>>(
    { teamId: teams?.[0] ?? '' },
    { teamId: teams?.[0] ?? '', provider: 'anthropic' },
    { tag: 'search', environment: 'staging' },
  ),
)
const anyAsked: fc.Arbitrary<Asked> = fc
  .record({
    times: fc.tuple(anyTime, fc.oneof(anyTime, fc.constant(now.getTime()))),
    filter: anyFilter,
    group: among(
      ['provider'],
      ['model'],
      ['agent'],
      ['tag'],
      ['agent', 'model'],
      ['key', 'model'],
      ['status'],
      ['team', 'environment'],
      ['tag', 'quality'],
    ),
    granularity: among('hour', 'day', 'week', 'month', 'quarter'),
  })
  .map(({ times: [one, other], ...rest }) => {
    const [from, to] = one <= other ? [one, other] : [other, one]
    return { ...rest, from: new Date(from).toISOString(), to: new Date(to + (from === to ? 1 : 0)).toISOString() }
  })

const valuesOf: Record<string, (call: UsageReport) => readonly (string | null)[]> = {
  provider: (call) => [call.provider],
  model: (call) => [call.reading.model],
  tag: (call) => (call.tags.length === 0 ? [null] : call.tags),
  environment: (call) => [call.owner.environment],
  status: (call) => [call.status],
  quality: (call) => [call.reading.quality],
  agent: (call) => [call.owner.agentId],
  key: (call) => [call.owner.keyId],
  team: (call) => [call.owner.teamId],
}

const meant = (calls: readonly UsageReport[], { from, to, filter }: Asked) =>
  calls
    .filter(({ occurredAt }) => occurredAt >= new Date(from) && occurredAt < new Date(to))
    .filter((one) => Object.entries(filter).every(([name, value]) => valuesOf[name.replace(/Id$/, '')]?.(one).includes(value)))

function sumUp(calls: readonly UsageReport[]) {
  const count = (is: (one: UsageReport) => boolean) => calls.filter(is).length
  const cost = (some: readonly UsageReport[]) => String(some.reduce((sum, { reading }) => sum + (reading.reportedNanos ?? 0n), 0n))
  return {
    requests: calls.length,
    errors: count(({ status }) => status === 'error'),
    // A call of no known price that used nothing costs nothing; these all used something.
    unpriced: count(({ reading }) => reading.reportedNanos === null),
    costNanos: cost(calls),
    quality: {
      exact: count(({ reading }) => reading.quality === 'exact'),
      estimated: count(({ reading }) => reading.quality === 'estimated'),
      assumed: count(({ reading }) => reading.quality === 'assumed'),
    },
    estimatedNanos: cost(calls.filter(({ reading }) => reading.quality === 'estimated')),
  }
}

function groupUp(calls: readonly UsageReport[], group: readonly string[]): Map<string, UsageReport[]> {
  const groups = new Map<string, UsageReport[]>()
  for (const one of calls) {
    const keysOf = group.reduce<(string | null)[][]>(
      (keys, name) => keys.flatMap((key) => (valuesOf[name]?.(one) ?? []).map((value) => [...key, value])),
      [[]],
    )
    for (const key of keysOf) groups.set(JSON.stringify(key), [...(groups.get(JSON.stringify(key)) ?? []), one])
  }
  return groups
}

describe.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'])('in %s', (timeZone) => {
  test('whatever is asked, the answer is that of the calls themselves, to the nano', async () => {
    const { organizationId, ask } = await openUsage(harness, timeZone)
    const calls = fc.sample(anyCall, { numRuns: testSize(150, 3_000), seed: 7 })
    // Some days are laid out, and some no longer.
    await recordUsage(harness.deps, organizationId, calls.slice(8))
    await layOutDays(harness.deps, 1)
    await recordUsage(harness.deps, organizationId, calls.slice(0, 8))

    const checkSummary = async (asked: Asked) => {
      const { body } = await ask<UsageSummary>('summary', { from: asked.from, to: asked.to, ...asked.filter })
      const expected = meant(calls, asked)
      expect(body).toMatchObject({ ...sumUp(expected), from: asked.from, to: asked.to })
      const timed = expected.flatMap(({ latencyMs }) => latencyMs ?? [])
      const sketch = Array<number>(sketchBuckets).fill(0)
      for (const ms of timed) sketch[toSketchBucket(ms)] = (sketch[toSketchBucket(ms)] ?? 0) + 1
      expect([body.latency?.p50Ms ?? null, body.latency?.p99Ms ?? null]).toEqual([quantileOf(sketch, 0.5), quantileOf(sketch, 0.99)])
      if (timed.length > 0) expect(body.latency?.averageMs).toBeCloseTo(timed.reduce((sum, ms) => sum + ms, 0) / timed.length, 0)
    }
    const checkGroups = async (asked: Asked) => {
      const { body } = await ask<UsageBreakdown>('breakdown', {
        from: asked.from,
        to: asked.to,
        ...asked.filter,
        groupBy: asked.group.join(),
        limit: '200',
      })
      const expected = groupUp(meant(calls, asked), asked.group)
      expect(body.total).toBe(expected.size)
      const told = body.items.map((row) => [JSON.stringify(asked.group.map((name) => row.keys[name])), row] as const)
      for (const [key, row] of told) expect(row).toMatchObject(sumUp(expected.get(key) ?? []))
      const costs = body.items.map(({ costNanos }) => BigInt(costNanos))
      expect(costs).toEqual(costs.toSorted((one, other) => (one < other ? 1 : one > other ? -1 : 0)))
    }
    const checkSeries = async (asked: Asked) => {
      const [groupBy = ''] = asked.group
      const query = {
        from: asked.from,
        to: asked.to,
        ...asked.filter,
        granularity: asked.granularity,
        groupBy,
        limit: '1',
        latency: 'true',
      }
      const { status, body } = await ask<UsageTimeseries>('timeseries', query)
      if (status === 422) return
      const expected = groupUp(meant(calls, asked), [groupBy])
      const [first, rest] = body.series
      const key = JSON.stringify([first?.keys[groupBy]])
      const others = [...expected].filter(([name]) => name !== key).flatMap(([, some]) => some)
      for (const [series, own] of [[first, expected.get(key) ?? []] as const, [rest, others] as const]) {
        expect(series?.requests ?? 0).toBe(own.length)
        for (const [place, point] of (series?.points ?? []).entries()) {
          const end = series?.points[place + 1]?.at ?? asked.to
          const inside = own.filter(({ occurredAt }) => occurredAt >= new Date(point.at) && occurredAt < new Date(end))
          const { estimatedNanos: _, ...sums } = sumUp(inside)
          expect(point).toMatchObject(sums)
          expect(point.latency === null).toBe(inside.every(({ latencyMs }) => latencyMs === null))
        }
      }
      for (const { at } of first?.points ?? []) expect(isStart(at, asked.granularity, timeZone), `${at} of ${asked.granularity}`).toBe(true)
    }
    await fc.assert(
      fc.asyncProperty(anyAsked, async (asked) => {
        await checkSummary(asked)
        await checkGroups(asked)
        await checkSeries(asked)
      }),
      { numRuns: testSize(12, 400), endOnFailure: true },
    )
  })
})

/** Asked of another calendar than the service asks. */
function isStart(at: string, granularity: string, timeZone: string): boolean {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const of = Object.fromEntries(parts.formatToParts(new Date(at)).map(({ type, value }) => [type, value]))
  const isMidnight = Number(of['hour']) === 0 && Number(of['minute']) === 0 && Number(of['second']) === 0
  if (granularity === 'quarter') return Date.parse(at) % quarterMs === 0
  if (granularity === 'hour') return Number(of['minute']) === 0 && Number(of['second']) === 0
  if (granularity === 'week') return isMidnight && of['weekday'] === 'Mon'
  return isMidnight && (granularity === 'day' || of['day'] === '1')
}
