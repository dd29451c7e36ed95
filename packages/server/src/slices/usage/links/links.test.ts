import { randomBytes } from 'node:crypto'
import { newId } from '@keylease/shared/ids'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { testSize } from '../../../../test/size'
import { toReading, toReport } from '../../../../test/usage'
import { inTenantSql } from '../../../platform/tenancy'
import { createBatches } from '../batches'
import type { UsageReport } from '../event'
import type { WrittenUsage } from '../mapping'
import { recordUsage } from '../service'
import { relateSpans } from './relate-spans'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

interface SpanFacts {
  model?: string
  responseId?: string | null
  isContainer?: boolean
  occurredAt?: Date
  /** Under a lease of its own. */
  leaseId?: string
}
interface Span {
  traceId: Buffer
  spanId: Buffer
  parentSpanId: Buffer | null
  facts: SpanFacts | null
}

const newTrace = () => randomBytes(16)
const below = (parent: Span | null, facts: SpanFacts | null = {}, traceId = parent?.traceId ?? newTrace()): Span => ({
  traceId,
  spanId: randomBytes(8),
  parentSpanId: parent?.spanId ?? null,
  facts,
})

function toCallReport({ traceId, spanId, parentSpanId, facts }: Span): UsageReport {
  const { model = 'gpt-5-mini', responseId = null, isContainer = false, occurredAt = new Date(), leaseId } = facts ?? {}
  return toReport({
    identity: leaseId ? { kind: 'leased', leaseId, sequence: 1 } : { kind: 'span', traceId, spanId },
    traceId,
    spanId,
    occurredAt,
    relations: leaseId && !parentSpanId ? null : { parentSpanId, isContainer },
    requestModel: model,
    reading: toReading({ inputUncached: 1_000, outputText: 100 }, { model, responseId }),
  })
}

const toLeased = (responseId: string, occurredAt = new Date()): UsageReport =>
  toReport({
    identity: { kind: 'leased', leaseId: newId('lease'), sequence: 1 },
    source: 'sdk',
    occurredAt,
    reading: toReading({ inputUncached: 1_000, outputText: 100 }, { responseId }),
  })

const send = (organizationId: string, ...spans: Span[]) => deliver(harness.deps, organizationId, spans)

async function deliver(deps: Harness['deps'], organizationId: string, items: readonly (Span | UsageReport)[], isNear = true): Promise<void> {
  const edges = items.flatMap((item) =>
    'facts' in item && item.facts === null && item.parentSpanId ? [{ ...item, parentSpanId: item.parentSpanId, isNear }] : [],
  )
  await relateSpans(deps, organizationId, edges)
  const reports = items.flatMap((item) => ('facts' in item ? (item.facts === null ? [] : toCallReport(item)) : item))
  await recordUsage(deps, organizationId, reports)
}

interface Row {
  id: string
  spanId: string
  leaseId: string | null
  linkedTo: string | null
  costNanos: string | null
}

const read = (organizationId: string) =>
  inTenantSql(harness.deps.db.appPool, organizationId, async (client) => {
    const events = await client.query<Row>(
      `SELECT id, encode(span_id, 'hex') AS "spanId", lease_id AS "leaseId", linked_to AS "linkedTo", cost_nanos::text AS "costNanos"
       FROM usage_event`,
    )
    const sums = await client.query<{ calls: string; costNanos: string }>(
      `SELECT coalesce(sum(calls), 0)::text AS calls, coalesce(sum(cost_nanos), 0)::text AS "costNanos" FROM usage_day WHERE dimension = 'total'`,
    )
    return { rows: events.rows, sums: sums.rows[0] }
  })

/** Who bills, and that nobody bills for nobody, that no chain is left, and that the sums are those of who bills. */
async function readBilled(organizationId: string): Promise<{ spans: Set<string>; leased: number }> {
  const { rows, sums } = await read(organizationId)
  const billed = rows.filter(({ linkedTo }) => linkedTo === null)
  const ids = new Set(billed.map(({ id }) => id))
  expect(rows.filter(({ linkedTo }) => linkedTo !== null && !ids.has(linkedTo))).toEqual([])
  const cost = billed.reduce((sum, { costNanos }) => sum + BigInt(costNanos ?? 0), 0n)
  expect(sums).toEqual({ calls: String(billed.length), costNanos: String(cost) })
  const spans = new Set(billed.flatMap(({ leaseId, spanId }) => (leaseId === null ? [spanId] : [])))
  return { spans, leased: billed.length - spans.size }
}

const hex = (...spans: Span[]) => new Set(spans.map(({ spanId }) => spanId.toString('hex')))

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
      expect((await readBilled(organizationId)).spans, order).toEqual(hex(expected))
      await send(organizationId, ...spans)
      expect((await readBilled(organizationId)).spans, `${order}, again`).toEqual(hex(expected))
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
    expect(spans.isSupersetOf(hex(old))).toBe(true)
  })

  test('never merges with another, and takes what was linked to its double with it', async () => {
    const organizationId = await harness.createTenant()
    const outer = below(null)
    await send(organizationId, outer, below(outer, { responseId: 'chatcmpl-3' }))
    await Promise.all([1, 2].map(() => recordUsage(harness.deps, organizationId, [toLeased('chatcmpl-3')])))
    expect(await readBilled(organizationId)).toEqual({ spans: new Set(), leased: 2 })
  })

  test("of another tenant bills nobody else's report", async () => {
    const [one, other] = [await harness.createTenant(), await harness.createTenant()]
    await recordUsage(harness.deps, one, [toLeased('chatcmpl-4')])
    const span = below(null, { responseId: 'chatcmpl-4' })
    await send(other, span)
    expect((await readBilled(other)).spans).toEqual(hex(span))
  })
})

test('the same response in two traces is two calls, in one it is one', async () => {
  const organizationId = await harness.createTenant()
  const [one, two] = [below(null, { responseId: 'chatcmpl-5' }), below(null, { responseId: 'chatcmpl-5' })]
  await send(organizationId, one)
  await send(organizationId, two)
  await send(organizationId, below(null, { responseId: 'chatcmpl-5' }, one.traceId))
  expect((await readBilled(organizationId)).spans).toEqual(hex(one, two))
})

/** A tree of spans: parents by index, always before their children. Responses repeat down a path or between leaves beside one another. */
interface Scene {
  spans: Span[]
  leased: string[]
  /** What is sent in one go, and which goes are sent at the same moment. */
  batches: { items: (Span | string)[]; isWithNext: boolean }[]
}

const node = fc.record({
  parent: fc.nat(30),
  kind: fc.constantFrom('edge', 'edge', 'call', 'call', 'call', 'container', 'leased'),
  model: fc.constantFrom('gpt-5-mini', 'gpt-5-mini-2025-08-07', 'gpt-5-nano'),
  response: fc.constantFrom('none', 'own', 'same', 'same'),
})
const shape = fc.record({
  nodes: fc.array(node, { minLength: 2, maxLength: 9 }),
  leased: fc.array(fc.nat(8), { maxLength: 2 }),
  order: fc.array(fc.nat(1_000), { minLength: 12, maxLength: 12 }),
  cuts: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  together: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
})
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never

function build({ nodes, leased, order, cuts, together }: Shape): Scene {
  const traceId = newTrace()
  const spans: Span[] = []
  for (const [i, { parent, kind, model, response }] of nodes.entries()) {
    const above = i === 0 ? null : (spans[parent % i] ?? null)
    const own = response === 'none' ? null : `r-${i}`
    const responseId = response === 'same' ? (nearestResponse(spans, above) ?? own) : own
    const leaseId = kind === 'leased' ? { leaseId: newId('lease') } : {}
    spans.push(below(above, kind === 'edge' ? null : { model, responseId, isContainer: kind === 'container', ...leaseId }, traceId))
  }
  const responses = spans.flatMap(({ facts }) => facts?.responseId ?? [])
  const chosen = [...new Set(leased.flatMap((at) => responses[at % Math.max(1, responses.length)] ?? []))]
  const items = [...spans, ...chosen].map((item, i) => ({ item, at: order[i] ?? 0 })).sort((a, b) => a.at - b.at)
  const batches: Scene['batches'] = []
  for (const [i, { item }] of items.entries()) {
    const last = batches.at(-1)
    if (last && !cuts[i]) last.items.push(item)
    else batches.push({ items: [item], isWithNext: together[i] ?? false })
  }
  return { spans, leased: chosen, batches }
}

function nearestResponse(spans: readonly Span[], from: Span | null): string | null {
  if (!from) return null
  const up = spans.find(({ spanId }) => from.parentSpanId?.equals(spanId)) ?? null
  return from.facts?.responseId ?? nearestResponse(spans, up)
}

/** The rules of the domain over the whole tree, as they are told and without a thought for speed: of each set, one bills. */
function listBilled({ spans, leased }: Scene): Span[][] {
  const isUnder = (low: Span, high: Span): boolean => {
    const up = spans.find(({ spanId }) => low.parentSpanId?.equals(spanId))
    return up !== undefined && (up === high || isUnder(up, high))
  }
  const calls = spans.filter(({ facts }) => facts !== null)
  const observed = calls.filter(({ facts }) => !facts?.leaseId)
  const answered = new Set([...leased, ...calls.flatMap(({ facts }) => (facts?.leaseId ? (facts.responseId ?? []) : []))])
  const inside = (high: Span) => calls.filter((low) => isUnder(low, high))
  const isSameResponse = (a: Span, b: Span) => !!a.facts?.responseId && a.facts.responseId === b.facts?.responseId
  const isSameModel = (a: Span, b: Span) => a.facts?.model?.slice(0, 10) === b.facts?.model?.slice(0, 10)
  const isTold = (call: Span) => {
    if (call.facts?.isContainer) return inside(call).length > 0
    return inside(call).some((low) => isSameModel(low, call) && (!low.facts?.isContainer || inside(low).length === 0))
  }
  const innermost = observed.filter((call) => !inside(call).some((low) => isSameResponse(low, call)))
  const groups = Map.groupBy(innermost, ({ spanId, facts }) => facts?.responseId ?? spanId.toString('hex'))
  return [...groups].filter(([key, group]) => !answered.has(key) && !group.some(isTold)).map(([, group]) => group)
}

test('in any order and batching, whoever bills is whom the whole tree names, and the sums are theirs', async () => {
  await fc.assert(
    fc.asyncProperty(shape, async (drawn) => {
      const organizationId = await harness.createTenant()
      const scene = build(drawn)
      const replicas = [harness.deps, { ...harness.deps, usageBatches: createBatches<UsageReport, WrittenUsage>() }] as const
      let waiting: Promise<void>[] = []
      for (const [i, { items, isWithNext }] of scene.batches.entries()) {
        const told = items.map((item) => (typeof item === 'string' ? toLeased(item) : item))
        waiting.push(deliver(replicas[i % 2] ?? harness.deps, organizationId, told))
        if (isWithNext) continue
        await Promise.all(waiting)
        waiting = []
      }
      await Promise.all(waiting)
      const billed = await readBilled(organizationId)
      const groups = listBilled(scene)
      expect(groups.map((group) => hex(...group).intersection(billed.spans).size)).toEqual(groups.map(() => 1))
      const leased = scene.leased.length + scene.spans.filter(({ facts }) => facts?.leaseId).length
      expect([billed.spans.size, billed.leased]).toEqual([groups.length, leased])
      await send(organizationId, ...scene.spans)
      expect(await readBilled(organizationId)).toEqual(billed)
    }),
    { numRuns: testSize(30, 1_000) },
  )
}, 60_000)
