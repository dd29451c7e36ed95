import { newId } from '@keylease/shared/ids'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { testSize } from '../../../../test/size'
import { toReading, toReport } from '../../../../test/usage'
import type { Deps } from '../../../deps'
import { inTenantSql } from '../../../platform/tenancy'
import type { UsageReport } from '../event'
import { recountUsage, type SumDifference } from '../recount/service'
import { recordUsage } from '../service'
import { grainTables } from './grains'

let harness: Harness
let replica: Awaited<ReturnType<Harness['openReplica']>>
beforeAll(async () => {
  harness = await createHarness()
  replica = await harness.openReplica()
})
afterAll(async () => {
  await replica.close()
  await harness.close()
})

const hourMs = 3_600_000

interface PlannedCall {
  isLeased: boolean
  /** Whether only its worst case is known, the truth as well, or nothing but the truth. */
  told: 'assumed' | 'both' | 'truth'
  hoursAgo: number
  /** When the worst case was assumed, after the call itself. */
  hoursLate: number
  tokens: number
  agent: number
  tags: string[]
  status: UsageReport['status']
  isPriced: boolean
}

const plannedCall: fc.Arbitrary<PlannedCall> = fc.record({
  isLeased: fc.boolean(),
  told: fc.constantFrom('assumed', 'both', 'truth'),
  hoursAgo: fc.integer({ min: 30, max: 75 }),
  hoursLate: fc.integer({ min: 0, max: 29 }),
  tokens: fc.integer({ min: 0, max: 5_000 }),
  agent: fc.integer({ min: 0, max: 2 }),
  tags: fc.subarray(['a', 'b', 'a\u0007', '\u0001']),
  status: fc.constantFrom('ok', 'error', 'aborted'),
  isPriced: fc.boolean(),
})

/** Every report of a call that may arrive. */
function toReports(plan: PlannedCall, leaseId: string, sequence: number, now: number): UsageReport[] {
  const model = plan.isPriced ? 'gpt-5-mini' : 'model-of-tomorrow'
  const base = toReport({
    occurredAt: new Date(now - plan.hoursAgo * hourMs),
    owner: { ...toReport().owner, agentId: `agt_${plan.agent}` },
    tags: plan.tags,
    status: plan.status,
    latencyMs: plan.tokens,
    firstTokenMs: plan.isLeased ? plan.tokens >> 1 : null,
    requestModel: model,
    reading: toReading({ inputUncached: plan.tokens, seconds: plan.isPriced ? 0 : plan.tokens / 7 }, { model }),
  })
  if (!plan.isLeased) return [base]
  const truth: UsageReport = { ...base, identity: { kind: 'leased', leaseId, sequence } }
  const assumed = {
    occurredAt: new Date(now - (plan.hoursAgo - plan.hoursLate) * hourMs),
    reading: toReading({ inputUncached: 9_000 }, { quality: 'assumed' }),
  }
  const worst = toReport({ identity: truth.identity, status: 'aborted', ...assumed })
  return [...(plan.told === 'truth' ? [] : [worst]), ...(plan.told === 'assumed' ? [] : [truth])]
}

const readTotals = ({ db }: Deps, organizationId: string) =>
  inTenantSql(db.appPool, organizationId, async (client) => {
    const sums = `sum(calls)::integer AS calls, sum(assumed)::integer AS assumed, sum(input_uncached)::text AS tokens, sum(cost_nanos)::text AS nanos`
    const ofTable = (table: string) => `SELECT ${sums} FROM ${table} WHERE dimension = 'total'`
    return (await client.query(Object.values(grainTables).map(ofTable).join(' UNION ALL '))).rows
  })

test('any permutation, duplication and batching of reports, in two processes at once, gives the sums of a recount', async () => {
  const scenario = fc.record({
    calls: fc.array(plannedCall, { minLength: 1, maxLength: 12 }),
    order: fc.infiniteStream(fc.nat()),
    copies: fc.integer({ min: 1, max: 3 }),
    batch: fc.integer({ min: 1, max: 9 }),
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'),
  })
  await fc.assert(
    fc.asyncProperty(scenario, async ({ calls, order, copies, batch, zone }) => {
      const organizationId = await harness.createTenant()
      await inTenantSql(harness.deps.db.systemPool, organizationId, (client) =>
        client.query('UPDATE organization SET time_zone = $1 WHERE id = $2', [zone, organizationId]),
      )
      const [leaseId, now] = [newId('lease'), Date.now()]
      const reports = calls.flatMap((plan, i) => toReports(plan, leaseId, i, now))
      const arriving = shuffle(Array(copies).fill(reports).flat(), order)
      const batches = Array.from({ length: Math.ceil(arriving.length / batch) }, (_, i) => arriving.slice(i * batch, (i + 1) * batch))
      await Promise.all(batches.map((part, i) => recordUsage(i % 2 === 0 ? harness.deps : replica.deps, organizationId, part)))

      const isAssumed = ({ isLeased, told }: PlannedCall) => isLeased && told === 'assumed'
      const tokensOf = (plan: PlannedCall) => (isAssumed(plan) ? 9_000 : plan.tokens)
      const nanosOf = (plan: PlannedCall) => (plan.isPriced || isAssumed(plan) ? tokensOf(plan) * 250 : 0)
      const sum = (of: (plan: PlannedCall) => number) => calls.reduce((total, plan) => total + of(plan), 0)
      const totals = {
        calls: calls.length,
        assumed: calls.filter(isAssumed).length,
        tokens: String(sum(tokensOf)),
        nanos: String(sum(nanosOf)),
      }
      expect(await readTotals(harness.deps, organizationId)).toEqual(Object.keys(grainTables).map(() => totals))
      const differences: SumDifference[] = []
      await recountUsage(harness.deps, { organizationIds: [organizationId], repairs: false }, (_, one) => void differences.push(one))
      expect(differences).toEqual([])
    }),
    { numRuns: testSize(8, 300), endOnFailure: true },
  )
})

function shuffle<Item>(items: readonly Item[], order: fc.Stream<number>): Item[] {
  const keys = [...order.take(items.length)]
  return items
    .map((item, i) => ({ item, key: keys[i] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}
