import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { toReading, toReport } from '../../../../test/usage'
import { inTenantSql } from '../../../platform/tenancy'
import { recordUsage } from '../service'
import { recountRecentDays } from '../upkeep'
import { recountUsage, type SumDifference } from './service'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const dayMs = 86_400_000

/** Two days with two calls each. */
async function prepare() {
  const organizationId = await harness.createTenant()
  const [today, yesterday] = [new Date(), new Date(Date.now() - dayMs)]
  const calls = [today, today, yesterday, yesterday].map((occurredAt) => toReport({ occurredAt, tags: ['a'] }))
  await recordUsage(harness.deps, organizationId, calls)
  const run = (sql: string) => inTenantSql(harness.deps.db.systemPool, organizationId, (client) => client.query(sql))
  const recount = async (options: { repairs?: boolean; from?: string; to?: string } = {}) => {
    const differences: SumDifference[] = []
    const counted = await recountUsage(
      harness.deps,
      { repairs: false, ...options, organizationIds: [organizationId] },
      (_, one) => void differences.push(one),
    )
    return { ...counted, found: differences.map(({ grain, dimension, value, columns }) => [grain, dimension, value, ...columns]) }
  }
  return { organizationId, yesterday: yesterday.toISOString().slice(0, 10), run, recount }
}

const wrongs: [what: string, sql: string, found: unknown[]][] = [
  [
    'a sum',
    `UPDATE usage_day SET cost_nanos = cost_nanos + 1 WHERE dimension = 'total' AND starts_at = (SELECT max(starts_at) FROM usage_day)`,
    [
      ['month', 'total', '', expect.stringMatching(/^cost_nanos (\d+) instead of \d+1$/)],
      ['day', 'total', '', 'cost_nanos 900001 instead of 900000'],
    ],
  ],
  [
    'a sketch',
    `UPDATE usage_day SET latency_sketch = latency_sketch + 1e24 WHERE dimension = 'tag' AND starts_at = (SELECT max(starts_at) FROM usage_day)`,
    [
      ['month', 'tag', 'a', 'latency_sketch'],
      ['day', 'tag', 'a', 'latency_sketch'],
    ],
  ],
  [
    'a sum of an hour',
    `UPDATE usage_hour SET calls = calls + 1 WHERE dimension = 'total' AND starts_at = (SELECT max(starts_at) FROM usage_hour)`,
    [['hour', 'total', '', 'calls 3 instead of 2']],
  ],
  [
    'a sum of a month',
    `UPDATE usage_month SET errors = errors + 5 WHERE dimension = 'total' AND starts_at = (SELECT max(starts_at) FROM usage_month)`,
    [['month', 'total', '', 'errors 5 instead of 0']],
  ],
]

test.each(wrongs)('%s that was changed is found by name, and a repair puts it right', async (_, sql, found) => {
  const { run, recount } = await prepare()
  expect(await recount()).toMatchObject({ days: 2, differences: 0, found: [] })
  await run(sql)
  expect(await recount()).toMatchObject({ differences: found.length, found })
  expect(await recount({ repairs: true })).toMatchObject({ differences: 0, repaired: found.length })
  expect(await recount()).toMatchObject({ differences: 0 })
})

test('rows that are missing, rows that nothing stands behind and calls in no sum are found in all grains and repaired', async () => {
  const { run, recount } = await prepare()
  await run(`UPDATE usage_quarter SET value = 'b' WHERE dimension = 'tag'`)
  await run(`DELETE FROM usage_day WHERE dimension = 'model'`)
  await run(`DELETE FROM usage_hour WHERE dimension = 'provider'`)
  await run(`UPDATE usage_month SET value = 'b' WHERE dimension = 'operation'`)
  await run(`UPDATE usage_event SET cost_nanos = NULL, tags = '{c}' WHERE id = (SELECT max(id) FROM usage_event)`)
  const before = await recount()
  const named = new Set(before.found.map(([grain, dimension, value]) => `${grain} ${dimension} ${value}`))
  const coarser = ['hour tag a', 'hour provider openai', 'month model gpt-5-mini', 'month operation b', 'month operation chat']
  for (const name of ['quarter tag a', 'quarter tag b', 'quarter tag c', 'day model gpt-5-mini', 'quarter total ', ...coarser])
    expect(named).toContain(name)
  await recount({ repairs: true })
  expect(await recount()).toMatchObject({ days: 2, differences: 0 })
})

test('only the days that are asked for are counted', async () => {
  const { yesterday, recount } = await prepare()
  expect((await recount({ from: yesterday, to: yesterday })).days).toBe(1)
  expect((await recount({ to: '2020-01-01' })).days).toBe(0)
})

test('reports that arrive during a repair are in the sums, whichever comes first', async () => {
  const { organizationId, recount, run } = await prepare()
  await run(`UPDATE usage_day SET calls = calls + 1`)
  const late = Array.from({ length: 5 }, () => recordUsage(harness.deps, organizationId, [toReport()]))
  await Promise.all([recount({ repairs: true }), ...late])
  expect(await recount()).toMatchObject({ differences: 0 })
})

test("yesterday's difference is an error in the log and a metric", async () => {
  const { organizationId, run } = await prepare()
  await run(`UPDATE usage_day SET calls = calls + 1 WHERE dimension = 'total'`)
  await recountRecentDays(harness.deps)
  expect(harness.logLines.some((line) => line.includes('differ from its ledger') && line.includes(organizationId))).toBe(true)
  expect(await harness.deps.metrics.render()).toMatch(/keylease_recount_differences [1-9]/)
})

test('what another tenant changed is no difference of this one', async () => {
  const [one, other] = [await prepare(), await prepare()]
  await other.run('UPDATE usage_day SET calls = calls + 1')
  await recordUsage(harness.deps, other.organizationId, [toReport({ reading: toReading({ inputUncached: 1 }) })])
  expect(await one.recount()).toMatchObject({ differences: 0 })
})
