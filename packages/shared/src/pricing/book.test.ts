import { expect, it, test } from 'vitest'
import { createPriceBook, findListPrice } from './book'
import type { ModelMatch } from './match'
import { findPrice, type OrganizationPrice } from './organization-price'
import { type Price, type PricedModel, plainTerms } from './price'

const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
const at = new Date('2026-11-21T12:00:00Z')

function model(
  provider: string,
  name: string,
  match: ModelMatch | null,
  dated: [string | null, string | null][] = [[null, null]],
): PricedModel {
  const prices = dated.map(
    ([from, to], index): Price => ({
      ...plainTerms({ inputUncached: BigInt(index + 1) * 1_000_000n }),
      id: `${provider}/${name}#${index}`,
      version: 'test',
      provider,
      model: name,
      effectiveFrom: from === null ? null : day(from),
      effectiveTo: to === null ? null : day(to),
    }),
  )
  return { provider, model: name, match, prices }
}

const book = createPriceBook('test', [
  model('openai', 'gpt-5', { or: [{ equals: 'gpt-5' }, { equals: 'gpt-5-2025-08-07' }] }),
  model('openai', 'o3', { equals: 'o3' }, [
    [null, '2025-06-10'],
    ['2025-06-10', '2027-01-01'],
    ['2027-01-01', null],
  ]),
  model('openai', 'ft:gpt-5', { startsWith: 'ft:gpt-5' }),
  model('google', 'gemini-3-pro', { contains: 'gemini-3-pro' }),
  model('anthropic', 'claude-opus-5', { regex: '^claude-opus-5(-\\d{8})?$' }),
  model('openrouter', 'openai/gpt-5', { equals: 'openai/gpt-5' }),
  model('bedrock', 'late', { and: [{ startsWith: 'late' }, { endsWith: 'er' }] }),
])

it.each<[string, string, string | null]>([
  ['openai', 'gpt-5', 'openai/gpt-5'],
  ['openai', ' GPT-5 ', 'openai/gpt-5'],
  ['openai', 'gpt-5-2025-08-07', 'openai/gpt-5'],
  ['openai', 'gpt-5-20250807', 'openai/gpt-5'],
  ['openai', 'gpt-5-2027-01-31', 'openai/gpt-5'],
  ['openai', 'gpt-5-latest', 'openai/gpt-5'],
  ['openai', 'gpt-5-2027-13-41', null],
  ['openai', 'gpt-50', null],
  ['openai', 'ft:gpt-5:acme::x', 'openai/ft:gpt-5'],
  ['openai', '', null],
  ['openai', 'x'.repeat(300), null],
  ['openai', 'a/'.repeat(120), null],
  ['azure', 'gpt-5', 'openai/gpt-5'],
  ['vertex', 'publishers/google/models/gemini-3-pro-preview', 'google/gemini-3-pro'],
  ['vertex', 'claude-opus-5@20260101', 'anthropic/claude-opus-5'],
  ['google', 'models/gemini-3-pro', 'google/gemini-3-pro'],
  ['openrouter', 'openai/gpt-5', 'openrouter/openai/gpt-5'],
  ['openrouter', 'openai/o3', 'openai/o3'],
  ['openrouter', 'openrouter/'.repeat(20), null],
  ['openai', 'anthropic/claude-opus-5', null],
  ['bedrock', 'later', 'bedrock/late'],
  ['bedrock', 'latest', null],
  ['nobody', 'gpt-5', null],
  ['__proto__', 'constructor', null],
])('at %s the name %j means %s', (provider, name, expected) => {
  const found = book.findModel(provider, name)
  expect(found && `${found.provider}/${found.model}`).toBe(expected)
  expect(book.findModel(provider, name)).toBe(found)
})

it.each([
  ['2025-06-09T23:59:59.999Z', 0],
  ['2025-06-10T00:00:00.000Z', 1],
  ['2026-12-31T23:59:59.999Z', 1],
  ['2027-01-01T00:00:00.000Z', 2],
])('at %s a model costs what was in force then', (time, index) => {
  expect(findListPrice(book, 'openai', 'o3', new Date(time))?.id).toBe(`openai/o3#${index}`)
})

const own = (id: string, rest: Partial<OrganizationPrice>): OrganizationPrice =>
  ({
    id,
    provider: 'openai',
    model: null,
    effectiveFrom: null,
    effectiveTo: null,
    kind: 'discount',
    basisPoints: 9_000,
    ...rest,
  }) as OrganizationPrice // each test names its kind
const agreed = { kind: 'override', terms: plainTerms({ inputUncached: 7n }) } as const

test('what was agreed for the model comes first, then for its provider, then the list price', () => {
  const ofProvider = own('provider', {})
  const ofModel = own('model', { model: 'GPT-5', basisPoints: 8_000 } as Partial<OrganizationPrice>)
  const rates = own('rates', { ...agreed, model: 'gpt-5' })
  const find = (prices: OrganizationPrice[], name: string | null = 'gpt-5-2025-08-07') => {
    const found = findPrice(book, { provider: 'openai', model: name, at }, prices)
    return found && [found.basis, found.priceId, found.basisPoints]
  }
  expect(find([])).toEqual(['computed', 'openai/gpt-5#0', 10_000])
  expect(find([ofProvider])).toEqual(['discount', 'openai/gpt-5#0', 9_000])
  expect(find([ofProvider, ofModel])).toEqual(['discount', 'openai/gpt-5#0', 8_000])
  expect(find([rates, ofProvider, ofModel])).toEqual(['override', 'rates', 10_000])
  expect(find([own('all', agreed), ofModel])).toEqual(['discount', 'openai/gpt-5#0', 8_000])
  expect(find([own('all', agreed)], 'unknown')).toEqual(['override', 'all', 10_000])
  expect(find([own('all', agreed)], null)).toEqual(['override', 'all', 10_000])
  expect(find([ofProvider], 'unknown')).toBeNull()
  expect(find([own('other', { ...agreed, provider: 'anthropic' })])).toEqual(['computed', 'openai/gpt-5#0', 10_000])
})

test('of two agreements the later one holds, in its time', () => {
  const first = own('a', { ...agreed, effectiveFrom: day('2026-01-01') })
  const second = own('b', { ...agreed, effectiveFrom: day('2026-06-01'), effectiveTo: day('2026-07-01') })
  const idAt = (time: string) => findPrice(book, { provider: 'openai', model: 'gpt-5', at: new Date(day(time)) }, [second, first])?.priceId
  expect(['2025-12-31', '2026-01-01', '2026-06-01', '2026-06-30', '2026-07-01'].map(idAt)).toEqual(['openai/gpt-5#0', 'a', 'b', 'b', 'a'])
})
