import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { below, deliver, listReplicas, readBilledCalls, type Span, toCallReport, toLeased, toSpanIds } from '../../../../test/span-trees'
import { toReading, toReport } from '../../../../test/usage'
import { inTenantSql } from '../../../platform/tenancy'
import { recordUsage } from '../service'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const send = (organizationId: string, ...spans: Span[]) => deliver(harness.deps, organizationId, spans)
const readBilled = (organizationId: string) => readBilledCalls(harness.deps, organizationId)

async function countWaiting(): Promise<number> {
  const found = await harness.deps.db.appPool.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return found.rowCount ?? 0
}

describe('stacked instrumentations bill one call once, whichever part comes first', () => {
  const aiSdk = () => {
    const root = below(null, null)
    const framework = below(root, { responseId: 'chatcmpl-1' })
    return { spans: [root, framework, below(framework, { responseId: 'chatcmpl-1' })], billed: 2 }
  }
  const langChain = () => {
    const chain = below(null, null)
    const framework = below(chain, { model: 'openai/gpt-5-mini' })
    const step = below(framework, null)
    return { spans: [chain, framework, step, below(step, { model: 'gpt-5-mini' })], billed: 3 }
  }
  const proxy = () => {
    const client = below(null, { model: 'gpt-5-mini', responseId: 'chatcmpl-2' })
    const outgoing = below(client, null)
    const incoming = below(outgoing, null)
    const litellm = below(incoming, { model: 'gpt-5-mini', responseId: 'litellm-call-1' })
    const raw = below(litellm, { model: 'gpt-5-mini-2025-08-07', responseId: 'chatcmpl-2' })
    return { spans: [client, outgoing, incoming, litellm, raw], billed: 4 }
  }
  const hostedAgent = () => ({ spans: [below(below(null, null), { isContainer: true })], billed: 0 })
  const agentWithCalls = () => {
    const agent = below(null, { isContainer: true, model: 'gpt-5' })
    const step = below(agent, null)
    return { spans: [agent, step, below(step, { model: 'gpt-5-mini' })], billed: 2 }
  }

  test.each(Object.entries({ aiSdk, langChain, proxy, hostedAgent, agentWithCalls }))('%s', async (_, build) => {
    for (const order of ['as they start', 'as they end', 'at once', 'edges first'] as const) {
      const organizationId = await harness.createTenant()
      const { spans, billed } = build()
      const expected = spans[billed]
      if (!expected) throw new Error('a scene names the span that bills')
      if (order === 'at once') await send(organizationId, ...spans)
      else if (order === 'edges first')
        for (const span of spans.toSorted((a) => (a.facts === null ? -1 : 1))) await send(organizationId, span)
      else for (const span of order === 'as they end' ? spans.toReversed() : spans) await send(organizationId, span)
      expect((await readBilled(organizationId)).spans, order).toEqual(toSpanIds(expected))
      await send(organizationId, ...spans)
      expect((await readBilled(organizationId)).spans, `${order}, again`).toEqual(toSpanIds(expected))
    }
  })
})

describe('a call under a lease', () => {
  test('bills the response that another report tells of, whichever came first, within a day and by the same provider', async () => {
    const organizationId = await harness.createTenant()
    const responseId = 'chatcmpl-leased'
    const old = below(null, { responseId, occurredAt: new Date(Date.now() - 25 * 3_600_000) })
    const [before, after] = [below(null, { responseId }), below(null, { responseId })]
    await send(organizationId, old, before)
    await recordUsage(harness.deps, organizationId, [toLeased(responseId)])
    await send(organizationId, after)
    await recordUsage(harness.deps, organizationId, [{ ...toCallReport(below(null, { responseId })), provider: 'xai' }])
    const { spans, leased } = await readBilled(organizationId)
    expect(leased).toBe(1)
    expect(spans.size).toBe(2)
    expect(spans.isSupersetOf(toSpanIds(old))).toBe(true)
  })

  test('never merges with another, and takes what was linked to its double with it', async () => {
    const organizationId = await harness.createTenant()
    const outer = below(null)
    await send(organizationId, outer, below(outer, { responseId: 'chatcmpl-3' }))
    await Promise.all([1, 2].map(() => recordUsage(harness.deps, organizationId, [toLeased('chatcmpl-3')])))
    expect(await readBilled(organizationId)).toEqual({ spans: new Set(), leased: 2 })
  })

  test('below another span bills what stands above it, in whatever order and however often they come', async () => {
    for (const order of ['framework first', 'lease first', 'at once'] as const) {
      const organizationId = await harness.createTenant()
      const agent = below(null, { isContainer: true, model: 'gpt-5' })
      const framework = below(agent)
      const between = below(framework, null)
      const leased = below(between, { leaseId: newId('lease'), responseId: 'chatcmpl-6' })
      const spans = [agent, framework, between, leased]
      const goes = order === 'at once' ? [spans] : (order === 'lease first' ? spans.toReversed() : spans).map((one) => [one])
      for (const go of [...goes, ...goes]) await send(organizationId, ...go)
      expect(await readBilled(organizationId), order).toEqual({ spans: new Set(), leased: 1 })
    }
  })

  test('that was assumed bills what stands above it once it is told where it stood', async () => {
    const organizationId = await harness.createTenant()
    const leaseId = newId('lease')
    const identity = { kind: 'leased' as const, leaseId, sequence: 1 }
    const reading = toReading({ inputUncached: 9_000 }, { quality: 'assumed' })
    await recordUsage(harness.deps, organizationId, [toReport({ identity, source: 'sdk', traceId: null, spanId: null, reading })])
    const framework = below(null)
    const between = below(framework)
    await send(organizationId, between)
    expect(await readBilled(organizationId)).toEqual({ spans: toSpanIds(between), leased: 1 })
    await send(organizationId, below(between, { leaseId }))
    expect(await readBilled(organizationId)).toEqual({ spans: new Set(), leased: 1 })
    await send(organizationId, framework)
    expect(await readBilled(organizationId)).toEqual({ spans: new Set(), leased: 1 })
  })

  test('sees what another replica writes at the same moment: nothing bills beside both', async () => {
    const organizationId = await harness.createTenant()
    const framework = below(null)
    const agent = below(framework, { isContainer: true })
    await send(organizationId, framework, agent)
    const same = below(agent, { leaseId: newId('lease') })
    const other = below(agent, { leaseId: newId('lease'), model: 'gpt-5' })
    const replicas = listReplicas(harness.deps)
    const writing: Promise<void>[] = []
    await inTenantSql(harness.deps.db.appPool, organizationId, async (client) => {
      await client.query('SELECT FROM usage_event WHERE span_id = $1 FOR UPDATE', [Buffer.from(agent.spanId, 'hex')])
      for (const [i, span] of [other, same].entries()) {
        writing.push(deliver(replicas[i] ?? harness.deps, organizationId, [span]))
        await vi.waitFor(async () => expect(await countWaiting()).toBe(i + 1), { timeout: 10_000 })
      }
    })
    await Promise.all(writing)
    expect(await readBilled(organizationId)).toEqual({ spans: new Set(), leased: 2 })
  })

  test('of another model, or beside it, bills nothing but itself', async () => {
    const organizationId = await harness.createTenant()
    const framework = below(null, { model: 'gpt-5' })
    const beside = below(framework, { model: 'gpt-5-mini' })
    await send(organizationId, framework, beside, below(framework, { leaseId: newId('lease'), model: 'gpt-5-mini' }))
    expect(await readBilled(organizationId)).toEqual({ spans: toSpanIds(framework, beside), leased: 1 })
  })

  test("of another tenant bills nobody else's report", async () => {
    const [one, other] = [await harness.createTenant(), await harness.createTenant()]
    await recordUsage(harness.deps, one, [toLeased('chatcmpl-4')])
    const span = below(null, { responseId: 'chatcmpl-4' })
    await send(other, span)
    expect((await readBilled(other)).spans).toEqual(toSpanIds(span))
  })
})

test('the same response in two traces is two calls, in one it is one', async () => {
  const organizationId = await harness.createTenant()
  const [one, two] = [below(null, { responseId: 'chatcmpl-5' }), below(null, { responseId: 'chatcmpl-5' })]
  await send(organizationId, one)
  await send(organizationId, two)
  await send(organizationId, below(null, { responseId: 'chatcmpl-5' }, one.traceId))
  expect((await readBilled(organizationId)).spans).toEqual(toSpanIds(one, two))
})
