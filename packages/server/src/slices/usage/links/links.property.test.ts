import { newId } from '@keylease/shared/ids'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { testSize } from '../../../../test/size'
import { below, deliver, listReplicas, newTraceId, readBilledCalls, type Span, toLeased, toSpanIds } from '../../../../test/span-trees'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const send = (organizationId: string, ...spans: Span[]) => deliver(harness.deps, organizationId, spans)
const readBilled = (organizationId: string) => readBilledCalls(harness.deps, organizationId)

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
  const traceId = newTraceId()
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
  const up = spans.find(({ spanId }) => from.parentSpanId === spanId) ?? null
  return from.facts?.responseId ?? nearestResponse(spans, up)
}

/** The rules of the domain over the whole tree, as they are told and without a thought for speed: of each set, one bills. */
function listBilled({ spans, leased }: Scene): Span[][] {
  const isUnder = (low: Span, high: Span): boolean => {
    const up = spans.find(({ spanId }) => low.parentSpanId === spanId)
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
  const groups = Map.groupBy(innermost, ({ spanId, facts }) => facts?.responseId ?? spanId)
  return [...groups].filter(([key, group]) => !answered.has(key) && !group.some(isTold)).map(([, group]) => group)
}

test('in any order and batching, whoever bills is whom the whole tree names, and the sums are theirs', async () => {
  await fc.assert(
    fc.asyncProperty(shape, async (drawn) => {
      const organizationId = await harness.createTenant()
      const scene = build(drawn)
      const replicas = listReplicas(harness.deps)
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
      expect(groups.map((group) => toSpanIds(...group).intersection(billed.spans).size)).toEqual(groups.map(() => 1))
      const leased = scene.leased.length + scene.spans.filter(({ facts }) => facts?.leaseId).length
      expect([billed.spans.size, billed.leased]).toEqual([groups.length, leased])
      await send(organizationId, ...scene.spans)
      expect(await readBilled(organizationId)).toEqual(billed)
    }),
    { numRuns: testSize(30, 1_000) },
  )
}, 60_000)
