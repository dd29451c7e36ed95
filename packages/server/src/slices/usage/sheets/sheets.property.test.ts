import type { UsageBreakdown } from '@keylease/shared/contracts/usage-breakdown'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { testSize } from '../../../../test/size'
import { toReading, toReport } from '../../../../test/usage'
import { openUsage } from '../../../../test/usage-analytics'
import { inTenantSql } from '../../../platform/tenancy'
import type { UsageReport } from '../event'
import { recordUsage } from '../service'
import { hashGroup } from './group-hash'
import { layOutDays } from './service'

const now = new Date('2026-11-05T10:20:30.000Z')
const begin = Date.parse('2026-10-20T00:00:00.000Z')
let harness: Harness
beforeAll(async () => {
  harness = await createHarness({}, { now: () => now, monotonicMs: () => performance.now() })
})
afterAll(() => harness.close())

const among = <const T>(...values: T[]) => fc.constantFrom(...values)
/** Few amounts, so that many groups tie, and some beyond what a number holds. */
const anyNanos = fc.oneof({ weight: 6, arbitrary: among(0n, 1n, 2n) }, fc.bigInt({ min: 2n ** 51n, max: 2n ** 54n }))
const anyCall = fc
  .record({
    minutes: fc.integer({ min: 0, max: Math.floor((now.getTime() - begin) / 60_000) - 1 }),
    model: among('a', 'b', 'c', 'd', null),
    agentId: among('agt_1', 'agt_2', null),
    tags: fc.uniqueArray(among('x', 'y', 'z', 'ä · "z"'), { maxLength: 2 }),
    status: among('ok', 'ok', 'error'),
    nanos: anyNanos,
    latencyMs: among(null, 100, 100, 301),
    tokens: among(0, 5),
  })
  .map(({ minutes, model, agentId, nanos, tokens, ...rest }) =>
    toReport({
      occurredAt: new Date(begin + minutes * 60_000),
      owner: { ...toReport().owner, agentId },
      requestModel: model,
      reading: toReading({ inputUncached: tokens }, { reportedNanos: nanos, model }),
      ...rest,
    }),
  )

const anyAsked = fc.record({
  days: fc.tuple(fc.nat(16), fc.option(fc.nat(16))),
  group: among('model', 'tag', 'agent,model', 'model,agent'),
  sort: among('cost', 'requests', 'tokens', 'errors', 'latency'),
  order: among('asc', 'desc'),
  limit: among('1', '3', '200'),
})
type Asked = typeof anyAsked extends fc.Arbitrary<infer T> ? T : never

type Step = { calls: UsageReport[] } | { fewest: number } | { asked: Asked }
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.array(anyCall, { minLength: 1, maxLength: 25 }).map((calls) => ({ calls })) },
  { weight: 2, arbitrary: among(1, 1, 3).map((fewest) => ({ fewest })) },
  { weight: 3, arbitrary: anyAsked.map((asked) => ({ asked })) },
)

const tokens = `(input_uncached + cache_read + cache_write_5m + cache_write_1h + output_text + reasoning + audio_in + audio_out)`
const ranks = {
  cost: 'sum(cost_nanos)',
  requests: 'sum(calls)',
  tokens: `sum(${tokens})`,
  errors: 'sum(errors)',
  latency: 'round(coalesce(sum(latency_ms) * 1000000 / nullif(sum(latency_calls), 0), 0))',
}

/** The groups of a range by days alone, in order. */
async function rankPlainly(
  organizationId: string,
  { from, to }: { from: Date; to: Date },
  { group, sort, order }: Asked,
): Promise<string[]> {
  const names = group.split(',')
  const dimension = names.length > 1 ? 'agent_model' : group
  const { rows } = await inTenantSql(harness.deps.db.systemPool, organizationId, (client) =>
    client.query<{ value: string; paired: string; rank: string }>(
      `SELECT value, paired, ${ranks[sort]}::text AS rank FROM usage_day
       WHERE organization_id = $1 AND dimension = $2 AND starts_at >= $3 AND starts_at < $4 GROUP BY value, paired HAVING sum(calls) > 0`,
      [organizationId, dimension, from, to],
    ),
  )
  const sign = order === 'asc' ? 1n : -1n
  const toOrder = (difference: bigint) => (difference < 0n ? -1 : difference > 0n ? 1 : 0)
  return rows
    .map(({ value, paired, rank }) => ({ names: toNames(group, value, paired), rank: BigInt(rank), tie: hashGroup(value, paired) }))
    .toSorted((one, other) => toOrder((one.rank - other.rank) * sign) || toOrder(one.tie - other.tie))
    .map(({ names }) => JSON.stringify(names.map((name) => name || null)))
}

const toNames = (group: string, value: string, paired: string) => {
  if (!group.includes(',')) return [value]
  return group === 'agent,model' ? [value, paired] : [paired, value]
}

test('however calls and laid out days follow each other, groups come in the order of what their days add up to, page by page', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyStep, { minLength: 4, maxLength: 12 }),
      among('UTC', 'Europe/Berlin', 'Asia/Kathmandu'),
      async (steps, timeZone) => {
        const { organizationId, ask } = await openUsage(harness, timeZone)
        const readStarts = () =>
          inTenantSql(harness.deps.db.systemPool, organizationId, (client) =>
            client.query<{ start: Date }>(
              `SELECT date_trunc('day', $1::timestamptz + at * interval '1 day', $2) AS start FROM generate_series(0, 16) AS at ORDER BY 1`,
              [new Date(begin), timeZone],
            ),
          )
        const starts = (await readStarts()).rows.map(({ start }) => start)
        const check = async (asked: Asked) => {
          const [one, other] = asked.days
          const [from = now, to = now] = [starts[Math.min(one, other ?? 16)], other === null ? now : starts[Math.max(one, other)]]
          if (from >= to) return
          const expected = await rankPlainly(organizationId, { from, to }, asked)
          const told: string[] = []
          for (let cursor: string | undefined, hasMore = true; hasMore; ) {
            const { group: groupBy, sort, order, limit } = asked
            const range = { from: from.toISOString(), to: to.toISOString() }
            const { body } = await ask<UsageBreakdown>('breakdown', { ...range, groupBy, sort, order, limit, cursor })
            expect(body.total).toBe(expected.length)
            told.push(...body.items.map(({ keys }) => JSON.stringify(groupBy.split(',').map((name) => keys[name]))))
            hasMore = body.nextCursor !== null
            cursor = body.nextCursor ?? undefined
          }
          expect(told).toEqual(expected)
        }
        for (const step of steps) {
          if ('calls' in step) await recordUsage(harness.deps, organizationId, step.calls)
          else if ('asked' in step) await check(step.asked)
          else while ((await layOutDays(harness.deps, step.fewest)) > 0);
        }
      },
    ),
    { numRuns: testSize(8, 1_000), endOnFailure: true },
  )
})
