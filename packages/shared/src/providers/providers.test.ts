import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Secret } from '../secret'
import anthropicAnswers from './fixtures/anthropic.json'
import openaiAnswers from './fixtures/openai.json'
import { catalogue, findCatalogueProvider } from './index'
import { checkKey, toKeyPreview } from './key-check'
import type { ProbeAnswer } from './provider'
import { authoriseRequest } from './request'

const fixtures = [
  ...openaiAnswers.map((one) => ({ provider: 'openai', ...one })),
  ...anthropicAnswers.map((one) => ({ provider: 'anthropic', ...one })),
]

test.each(fixtures)('$provider says of $name: $verdict', ({ provider, answer, verdict, valid, organization }) => {
  const result = findCatalogueProvider(provider)?.probe?.read(answer as ProbeAnswer)
  expect(result).toMatchObject({ valid, verdict, details: { organization: organization ?? null } })
})

test('an id is kebab-case and given once', () => {
  const ids = catalogue.map((provider) => provider.id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
})

test('known beginnings are tried longest first, so a preview never shows less than it could nor more than it may', () => {
  for (const { key } of catalogue) expect(key.prefixes).toEqual([...key.prefixes].sort((a, b) => b.length - a.length))
  const shape = { prefixes: ['sk-'], pattern: null, example: 'sk-…' }
  expect(toKeyPreview(shape, 'sk-abcdefghijklmnopqrstuvwxyz')).toBe('sk-…wxyz')
  expect(toKeyPreview(shape, 'sk-abcdefghijk')).toBe('sk-…')
  expect(toKeyPreview(shape, 'other-abcdefghijklmnop')).toBe('…mnop')
})

test('a key that its provider could have issued is taken without a warning', () => {
  const random = 'Zk3vQ8mT1xLp0RbYw7NcJ5sHd2GfUaE9oIqXtVrKuMhBnC4yS6DzWgPjAlFe'
  const keys = { openai: `sk-proj-${random}`, anthropic: `sk-ant-api03-${random}${random.slice(0, 40)}` }
  for (const [id, key] of Object.entries(keys)) {
    const provider = findCatalogueProvider(id)
    expect(provider && checkKey(provider.key, provider.name, key)).toEqual({ refusal: null, warnings: [] })
  }
})

test('a random key is never taken for a placeholder, whatever words it happens to begin with', () => {
  const shape = { prefixes: ['sk-proj-', 'sk-'], pattern: null, example: 'sk-…' }
  const body = fc.string({
    unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'),
    minLength: 20,
    maxLength: 60,
  })
  const start = fc.constantFrom('my', 'ADD', 'your', 'Enter', 'my-', 'test', 'secret', 'none', '')
  fc.assert(
    fc.property(start, body, (word, random) => {
      fc.pre(/\d/.test(random) && !/x{6,}/i.test(random) && new Set(random).size >= 8)
      expect(checkKey(shape, 'OpenAI', `sk-proj-${word}${random}`).refusal).toBeNull()
    }),
  )
  for (const text of [
    'your-api-key',
    'sk-your-key-here',
    'my_openai_key',
    'YOUR_API_KEY',
    'insertYourKeyHere',
    'sk-test',
    'changeme',
    '<api key>',
    'sk-proj-xxxxxxxx',
  ])
    expect(checkKey(shape, 'OpenAI', text).refusal, text).not.toBeNull()
})

test('a key goes where its provider wants it, and its request stays below the base URL', () => {
  const key = new Secret('sk-a b&c')
  const [openai, anthropic] = [findCatalogueProvider('openai'), findCatalogueProvider('anthropic')]
  if (!openai || !anthropic) throw new Error('the catalogue lost a provider')
  expect(authoriseRequest(openai, 'https://x.example/v1/', '/models', key)).toMatchObject({
    url: 'https://x.example/v1/models',
    headers: { authorization: 'Bearer sk-a b&c' },
  })
  expect(authoriseRequest(anthropic, 'https://x.example', '/v1/models', key).headers).toMatchObject({
    'x-api-key': 'sk-a b&c',
    'anthropic-version': '2023-06-01',
  })
  const byQuery = { ...openai, auth: { kind: 'query', name: 'token' } } as const
  expect(authoriseRequest(byQuery, 'https://x.example/v1', '/quote?s=A', key).url).toBe('https://x.example/v1/quote?s=A&token=sk-a+b%26c')
})
