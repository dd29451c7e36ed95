import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Secret } from '../secret'
import { catalogue, findCatalogueProvider } from './index'
import { checkKey, toKeyPreview } from './key-check'
import type { Provider } from './provider'
import { authoriseRequest, bareTarget } from './request'

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
  const hex = '3f9a1c7e5b2d8046af13c9e27d5b80f46e1a9c3d'
  const keys = {
    openai: `sk-proj-${random}`,
    anthropic: `sk-ant-api03-${random}${random.slice(0, 40)}`,
    google: `AIza${random.slice(0, 35)}`,
    vertex: `AQ.${random}`,
    bedrock: `ABSK${random}${random}=`,
    cohere: random.slice(0, 40),
    voyage: `pa-${random.slice(0, 43)}`,
    tavily: `tvly-dev-${random.slice(0, 32)}`,
    exa: '3f9a1c7e-5b2d-4046-af13-c9e27d5b80f4',
    'alpha-vantage': 'Q7K2M9X4B1Z8R3TD',
    finnhub: 'c9t3k1pr01qm7d8vb2h0c9t3k1pr01qm7d8vb2hg',
    polygon: random.slice(0, 32),
    'twelve-data': hex.slice(0, 32),
    'financial-modeling-prep': random.slice(0, 32),
    tiingo: hex,
  }
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

test('a key goes where its provider wants it, and its request stays below the base URL', async () => {
  const key = new Secret('sk-a b&c')
  const [openai, anthropic] = [findCatalogueProvider('openai'), findCatalogueProvider('anthropic')]
  if (!openai || !anthropic) throw new Error('the catalogue lost a provider')
  const get = (provider: Provider, baseUrl: string, path: string) =>
    authoriseRequest(provider, { ...bareTarget, baseUrl }, { method: 'GET', path }, key, new Date(0))
  expect(await get(openai, 'https://x.example/v1/', '/models')).toMatchObject({
    url: 'https://x.example/v1/models',
    headers: { authorization: 'Bearer sk-a b&c' },
  })
  expect((await get(anthropic, 'https://x.example', '/v1/models')).headers).toMatchObject({
    'x-api-key': 'sk-a b&c',
    'anthropic-version': '2023-06-01',
  })
  const byQuery = { ...openai, auth: { kind: 'query', name: 'token' } } as const
  expect((await get(byQuery, 'https://x.example/v1', '/quote?s=A')).url).toBe('https://x.example/v1/quote?s=A&token=sk-a+b%26c')
})

test('every provider of the catalogue says how to come by a key, where its documentation is, and has a mark of its own', () => {
  const own = catalogue.filter(({ id }) => id !== 'custom')
  expect(new Set(own.map(({ monogram }) => monogram)).size).toBe(own.length)
  for (const { id, setup, docsUrl, monogram, operations, requiredFields, help } of own) {
    expect(setup.length, id).toBeGreaterThanOrEqual(2)
    expect(operations.length, id).toBeGreaterThan(0)
    expect(monogram, id).toMatch(/^[A-Z]{2}$/)
    if (docsUrl !== null) expect(docsUrl, id).toMatch(/^https:/)
    for (const { url } of Object.values(help)) if (url !== null) expect(url, id).toMatch(/^https:/)
    const words: Record<string, RegExp> = {
      region: /region/i,
      baseUrl: /base ?URL|address|endpoint/i,
      upstreamOrganization: /project|organization/i,
    }
    for (const field of requiredFields) expect(setup.join(' '), `${id} ${field}`).toMatch(words[field] ?? new RegExp(field, 'i'))
  }
})
