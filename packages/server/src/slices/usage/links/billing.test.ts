import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseBillers } from './billing'
import type { LinkCall } from './call'
import { toModelName } from './model'

const at = new Date('2026-11-21T10:00:00Z')

const toCall = (id: string, rest: Partial<LinkCall> = {}): LinkCall => ({
  id,
  isLeased: false,
  occurredAt: at,
  traceId: 't',
  spanId: id,
  parentId: null,
  isContainer: false,
  hasUse: true,
  responseHash: null,
  models: ['gpt-5-mini', null],
  linkedTo: null,
  ...rest,
})

const choose = (
  calls: LinkCall[],
  edges: [string, string][] = [],
  leased: { id: string; responseHash: string; occurredAt?: Date }[] = [],
) =>
  Object.fromEntries(
    chooseBillers(
      { calls, edges: edges.map(([spanId, parentId]) => ({ spanId, parentId })) },
      Map.groupBy(
        leased.map((one) => ({ occurredAt: at, ...one })),
        ({ responseHash }) => responseHash,
      ),
    ),
  )

test.each([
  ['gpt-5-mini', 'gpt-5-mini-2025-08-07'],
  ['openai/gpt-5-mini', 'gpt-5-mini'],
  ['us.anthropic.claude-sonnet-4-20250514-v1:0', 'claude-sonnet-4-20250514'],
  ['anthropic/claude-sonnet-4@20250514', 'Claude-Sonnet-4'],
  ['models/gemini-2.5-pro', 'gemini-2.5-pro'],
  ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0', 'nova-lite'],
  ['claude-opus-4-latest', 'claude-opus-4'],
])('%s and %s name one model', (one, other) => expect(toModelName(one)).toBe(toModelName(other)))

test.each([
  ['gpt-4.1', 'gpt-4.1-mini'],
  ['gpt-4.1', 'gpt-4'],
  ['gemini-2.5-pro', 'gemini-2.0-pro'],
  ['deepseek-v3', 'deepseek-v2'],
])('%s and %s name two', (one, other) => expect(toModelName(one)).not.toBe(toModelName(other)))

test('the innermost report of one model bills, through spans that tell of no call', () => {
  const calls = [toCall('a'), toCall('b', { parentId: 'x', models: ['gpt-5-mini', 'gpt-5-mini-2025-08-07'] })]
  expect(choose(calls)).toEqual({ a: null, b: null })
  expect(choose(calls, [['x', 'a']])).toEqual({ a: 'b', b: null })
})

test('a call of another model inside is another call; what stands for all inside bills none of it', () => {
  const inner = toCall('b', { parentId: 'a', models: ['gpt-5-nano', null] })
  expect(choose([toCall('a'), inner])).toEqual({ a: null, b: null })
  expect(choose([toCall('a', { isContainer: true, models: [null, null] }), inner])).toEqual({ a: 'b', b: null })
  expect(choose([toCall('a', { isContainer: true })])).toEqual({ a: null })
})

test('what failed and used nothing takes no cost away from what did use something', () => {
  const failed = toCall('b', { parentId: 'a', hasUse: false })
  expect(choose([toCall('a'), failed])).toEqual({ a: null, b: null })
  expect(choose([toCall('a', { isContainer: true }), failed])).toEqual({ a: null, b: null })
  expect(choose([toCall('a', { hasUse: false }), failed])).toEqual({ a: 'b', b: null })
})

test('a log record stands inside the span that it was written in', () => {
  expect(choose([toCall('a'), toCall('log', { spanId: 'a', parentId: 'a' })])).toEqual({ a: 'log', log: null })
})

test('one response that is told twice in a trace bills once: by whoever did, else by the inner one', () => {
  const twice = [toCall('a', { responseHash: 'r', models: [null, null] }), toCall('b', { responseHash: 'r', linkedTo: 'a' })]
  expect(choose(twice)).toEqual({ a: null, b: 'a' })
  expect(choose(twice, [['b', 'a']])).toEqual({ a: 'b', b: null })
})

test('a call under a lease bills what tells of its response within a day, and all that leads to it', () => {
  const calls = [toCall('a'), toCall('b', { parentId: 'a', responseHash: 'r' })]
  expect(choose(calls, [], [{ id: 'leased', responseHash: 'r' }])).toEqual({ a: 'leased', b: 'leased' })
  const late = { id: 'leased', responseHash: 'r', occurredAt: new Date(at.getTime() + 86_400_001) }
  expect(choose(calls, [], [late])).toEqual({ a: 'b', b: null })
})

test('a call under a lease bills what stands above it and tells of the same, and is billed by none', () => {
  const leased = toCall('z', { isLeased: true, parentId: 'x', responseHash: 'r' })
  expect(choose([toCall('a'), leased], [['x', 'a']])).toEqual({ a: 'z' })
  expect(choose([toCall('a', { models: ['gpt-5-nano', null] }), leased], [['x', 'a']])).toEqual({ a: null })
  expect(choose([toCall('a', { models: [null, null], isContainer: true }), leased], [['x', 'a']])).toEqual({ a: 'z' })
  expect(choose([toCall('a'), { ...leased, hasUse: false }], [['x', 'a']])).toEqual({ a: null })
  expect(choose([leased, toCall('y', { isLeased: true, parentId: 'z', responseHash: 'r' })])).toEqual({})
  expect(choose([leased])).toEqual({})
})

test('whatever spans claim of one another, a call is billed by itself or by one that bills itself', () => {
  const letter = fc.constantFrom(...'abcdefgh')
  const call = fc.record({
    isLeased: fc.boolean(),
    spanId: letter,
    parentId: fc.option(letter),
    isContainer: fc.boolean(),
    hasUse: fc.boolean(),
    responseHash: fc.option(fc.constantFrom('r', 's')),
    models: fc.tuple(fc.constantFrom('m', 'n', null), fc.constantFrom('m', null)),
    linkedTo: fc.option(fc.constantFrom('0', '1', 'gone')),
  })
  const leased = fc.array(fc.record({ id: fc.constantFrom('x', 'y'), responseHash: fc.constantFrom('r', 's') }), { maxLength: 2 })
  const scene = fc.tuple(fc.array(call, { minLength: 1, maxLength: 8 }), fc.array(fc.tuple(letter, letter), { maxLength: 10 }), leased)
  fc.assert(
    fc.property(scene, ([calls, edges, leases]) => {
      const billers = choose(
        calls.map((one, i) => toCall(String(i), one)),
        edges,
        leases,
      )
      for (const biller of Object.values(billers)) {
        if (biller !== null) expect(billers[biller] ?? null).toBeNull()
        if (biller !== null && billers[biller] === undefined)
          expect([...leases.map(({ id }) => id), ...calls.flatMap(({ isLeased }, i) => (isLeased ? String(i) : []))]).toContain(biller)
      }
      if (leases.length === 0 && calls.every(({ isLeased }) => !isLeased)) expect(Object.values(billers)).toContain(null)
    }),
    { numRuns: 500 },
  )
})

test('deep chains and many spans take little time', () => {
  const edges = Array.from({ length: 2_000 }, (_, i): [string, string] => [`e${i}`, `e${i + 1}`])
  const calls = Array.from({ length: 1_000 }, (_, i) => toCall(`c${i}`, { parentId: `e${i}` }))
  const before = process.cpuUsage()
  choose(calls, edges)
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000)
})
