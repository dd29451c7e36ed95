import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { oneRequest } from '@keylease/shared/pricing/vector'
import { waitForUpdate } from '@pydantic/genai-prices'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestClock } from '../../../test/clock'
import { createHarness, type Harness } from '../../../test/harness'
import type { Deps } from '../../deps'
import { bundle, toCatalogue } from './catalogue'
import { importBundledPrices, importCatalogue, isNewer } from './price-import'
import { refreshPrices } from './refresh'
import { PriceSource } from './source'

let harness: Harness
let server: Server
let answer: { status: number; body: string }
const clock = createTestClock()
const file = join(tmpdir(), `keylease-prices-${process.pid}.json`)

beforeAll(async () => {
  server = createServer((_, response) => response.writeHead(answer.status).end(answer.body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  harness = await createHarness({ KEYLEASE_PRICES: `http://127.0.0.1:${port}/data.json`, KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' }, clock)
})
afterAll(async () => {
  await harness.close()
  await new Promise((resolve) => server.close(resolve))
  await rm(file, { force: true })
})
beforeEach(async () => {
  await harness.deps.db.ownerPool.query('TRUNCATE price, price_import')
  harness.deps.prices.forget()
})

const model = (id: string, prices: object) => ({ id, match: { equals: id }, prices })
const dataOf = (...models: object[]) => [{ id: 'acme', pricing_urls: ['https://acme.example.com/pricing'], models }]
const sourceOf = (...models: object[]) => PriceSource.parse(dataOf(...models))
const names = Array.from({ length: 30 }, (_, index) => `m${index}`)
const take = (source: PriceSource, version = '1') => importCatalogue(harness.deps, toCatalogue(source, version), 'refreshed')
const rows = async (sql: string) => (await harness.deps.db.ownerPool.query(sql)).rows as Record<string, unknown>[]
const countRows = async () =>
  (await rows('SELECT count(*)::int AS all, count(*) FILTER (WHERE superseded_at IS NULL)::int AS current FROM price'))[0]

async function costAt(at: Date | string, name = 'm', deps: Pick<Deps, 'prices'> = harness.deps) {
  await deps.prices.load(harness.organizationId)
  const usage = { vector: oneRequest({ inputUncached: 1_000_000 }), imageTokens: { input: 0, output: 0 }, serviceTier: null, region: null }
  return deps.prices.priceUsage(harness.organizationId, { ...usage, provider: 'acme', model: name, at: new Date(at), reportedNanos: null })
    .costNanos
}

async function windowOf(provider: string, name: string, at: Date, deps: Pick<Deps, 'prices'> = harness.deps) {
  await deps.prices.load(harness.organizationId)
  return deps.prices.limitsOf(harness.organizationId, provider, name, at).contextTokens
}

describe('the prices of the program', () => {
  it('are brought in once over two replicas, and again only when they are newer', async () => {
    const replica = await harness.openReplica()
    await Promise.all([importBundledPrices(harness.deps), importBundledPrices(replica.deps), importBundledPrices(harness.deps)])
    await replica.close()
    const counted = await countRows()
    expect(counted).toMatchObject({ all: counted?.['current'] })
    expect(counted?.['all']).toBeGreaterThan(1_400)
    expect(await rows('SELECT origin, bundle FROM price_import')).toEqual([{ origin: 'bundled', bundle }])
    await harness.deps.db.ownerPool.query(`UPDATE price_import SET bundle = 'genai-prices 99.0.0, keylease 2026-11-21'`)
    await importBundledPrices(harness.deps)
    expect(await rows('SELECT bundle FROM price_import')).toHaveLength(1)
    await harness.deps.db.ownerPool.query(`UPDATE price_import SET bundle = 'genai-prices 0.1.7, keylease 2026-11-21'`)
    await importBundledPrices(harness.deps)
    expect(await rows('SELECT bundle FROM price_import')).toHaveLength(1)
    expect(await countRows()).toEqual(counted)
  })

  it('have the same names before the import and after it', async () => {
    const idOf = async () => {
      await harness.deps.prices.load(harness.organizationId)
      return harness.deps.prices
        .pricesOf(harness.organizationId)
        .book.findModel('openai', 'gpt-5-mini')
        ?.prices.map(({ id }) => id)
    }
    const before = await idOf()
    await importBundledPrices(harness.deps)
    expect(await idOf()).toEqual(before)
  })

  it('teach a table that lacks them what models can take, and every price keeps its name', async () => {
    await importBundledPrices(harness.deps)
    const priced = 'SELECT id, effective_from, effective_to, superseded_at FROM price ORDER BY id'
    const before = await rows(priced)
    await rows(`UPDATE price SET terms = terms - 'contextTokens'`)
    await rows(`UPDATE price_import SET bundle = 'genai-prices 0.1.8, keylease 2026-11-21'`)
    const replica = await harness.openReplica()
    expect(await windowOf('openai', 'gpt-5-mini', clock.now(), replica.deps)).toBeNull()
    await importBundledPrices(replica.deps)
    expect(await windowOf('openai', 'gpt-5-mini', clock.now(), replica.deps)).toBe(400_000)
    expect(await windowOf('bedrock', 'us.anthropic.claude-opus-4-8-v1:0', clock.now(), replica.deps)).toBeGreaterThanOrEqual(200_000)
    expect(await windowOf('openai', 'o3', new Date('2025-05-01T00:00:00Z'), replica.deps)).toBe(200_000)
    expect(await rows(priced)).toEqual(before)
    await replica.close()
  })

  it('never take the place of those that the operator named', async () => {
    await take(sourceOf(model('m', { input_mtok: 1 })))
    await importBundledPrices(harness.deps)
    expect(await rows('SELECT origin FROM price_import')).toEqual([{ origin: 'refreshed' }])
  })

  it.each([
    ['genai-prices 0.1.10, keylease 2026-11-21', 'genai-prices 0.1.9, keylease 2026-11-21', true],
    ['genai-prices 0.1.9, keylease 2026-11-22', 'genai-prices 0.1.9, keylease 2026-11-21', true],
    ['genai-prices 0.1.9, keylease 2026-11-21', 'genai-prices 0.1.9, keylease 2026-11-21', false],
    ['genai-prices 0.1.8, keylease 2027-01-01', 'genai-prices 0.1.9, keylease 2026-11-21', false],
  ])('%s is newer than %s: %s', (one, other, expected) => {
    expect(isNewer(one, other)).toBe(expected)
  })
})

describe('a refresh', () => {
  it('changes an undated price from now on and leaves what was', async () => {
    await take(sourceOf(model('m', { input_mtok: 1 })))
    const before = clock.now()
    clock.advance(60_000)
    await take(sourceOf(model('m', { input_mtok: 2 })), '2')
    const changedAt = clock.now()
    expect(await costAt(before)).toBe(1_000_000_000n)
    expect(await costAt(changedAt)).toBe(2_000_000_000n)
    clock.advance(60_000)
    await take(sourceOf(model('m', { input_mtok: 2 })), '3')
    expect(
      await rows(`SELECT effective_to IS NULL AS open FROM price WHERE provider = 'acme' ORDER BY effective_from NULLS FIRST`),
    ).toEqual([{ open: false }, { open: true }])
    clock.advance(60_000)
    await take(sourceOf(model('m', { input_mtok: 1 })), '4')
    expect(await Promise.all([before, changedAt, clock.now()].map((at) => costAt(at)))).toEqual([
      1_000_000_000n,
      2_000_000_000n,
      1_000_000_000n,
    ])
  })

  it('takes the word of the source for a price that it dates, in the past as well', async () => {
    await take(sourceOf(model('m', { input_mtok: 1 })))
    const dated = [{ prices: { input_mtok: 1 } }, { constraint: { start_date: '2026-01-01' }, prices: { input_mtok: 3 } }]
    await take(sourceOf(model('m', dated)), '2')
    expect(await costAt('2025-12-31T23:59:59Z')).toBe(1_000_000_000n)
    expect(await costAt('2026-01-01T00:00:00Z')).toBe(3_000_000_000n)
    const withFuture = [...dated, { constraint: { start_date: '2099-01-01' }, prices: { input_mtok: 5 } }]
    await take(sourceOf(model('m', withFuture)), '3')
    expect([await costAt('2098-12-31T00:00:00Z'), await costAt('2099-01-01T00:00:00Z')]).toEqual([3_000_000_000n, 5_000_000_000n])
    await take(sourceOf(model('m', dated)), '4')
    expect(await costAt('2099-01-01T00:00:00Z')).toBe(3_000_000_000n)
  })

  it('learns what a model can take as the source tells it, which makes no other price', async () => {
    const of = (contextWindow: unknown, ...prices: object[]) => ({
      ...model('m', prices.length > 0 ? prices : { input_mtok: 1 }),
      context_window: contextWindow,
    })
    await take(sourceOf(of(8_000)))
    const before = clock.now()
    const ids = 'SELECT id FROM price ORDER BY id'
    const known = await rows(ids)
    clock.advance(60_000)
    await take(sourceOf(of(16_000)), '2')
    expect(await Promise.all([before, clock.now()].map((at) => windowOf('acme', 'm', at)))).toEqual([16_000, 16_000])
    expect(await rows(ids)).toEqual(known)
    const dated = { constraint: { start_date: '2026-01-01' }, prices: { input_mtok: 3 } }
    await take(sourceOf(of(32_000, { prices: { input_mtok: 1 } }, dated)), '3')
    expect(await windowOf('acme', 'm', clock.now())).toBe(32_000)
    expect(await windowOf('acme', 'nobody-knows-it', clock.now())).toBeNull()
    await take(sourceOf(of('many', { prices: { input_mtok: 1 } }, dated)), '4')
    expect(await costAt(clock.now())).toBe(3_000_000_000n)
  })

  it('keeps the price of a model that the source no longer names', async () => {
    await take(sourceOf(model('m', { input_mtok: 1 }), model('n', { input_mtok: 1 })))
    await take(sourceOf(model('n', { input_mtok: 1 })), '2')
    expect(await costAt(clock.now())).toBe(1_000_000_000n)
  })

  it.each<[string, object]>([
    ['loses most models', dataOf(model('m0', { input_mtok: 1 }))],
    ['names a model twice', dataOf(...[...names, 'm0'].map((id) => model(id, { input_mtok: 1 })))],
    ['holds a negative price', dataOf(...names.map((id) => model(id, { input_mtok: -1 })))],
    ['holds an absurd price', dataOf(...names.map((id) => model(id, { input_mtok: 1e10 })))],
    ['holds a broken pattern', dataOf(...names.map((id) => ({ ...model(id, { input_mtok: 1 }), match: { regex: '(' } })))],
    ['is something else', { error: 'rate limited' }],
  ])('that %s is refused with a line and a metric, and the prices in use stay', async (_, data) => {
    await take(sourceOf(...names.map((id) => model(id, { input_mtok: 7 }))))
    answer = { status: 200, body: JSON.stringify(data) }
    harness.logLines.length = 0
    const before = await harness.deps.metrics.render()
    expect(await refreshPrices(harness.deps)).toBe(false)
    expect(await costAt(clock.now(), 'm0')).toBe(7_000_000_000n)
    expect(harness.logLines.join('')).toMatch(/those in use stay/)
    expect(await harness.deps.metrics.render()).not.toBe(before)
  })

  it.each([
    [500, '{}'],
    [200, '<html>'],
    [302, ''],
  ])(
    'that is answered %s %s leaves the prices in use',
    async (status, body) => {
      await take(sourceOf(model('m', { input_mtok: 7 })))
      answer = { status, body }
      expect(await refreshPrices(harness.deps)).toBe(false)
      expect(await costAt(clock.now())).toBe(7_000_000_000n)
    },
    15_000,
  )

  it('reads what the operator named, from an address or from a file, and every replica follows', async () => {
    const replica = await harness.openReplica()
    const data = JSON.stringify([...((await waitForUpdate()) ?? []), ...dataOf(model('m', { input_mtok: 9 }))])
    answer = { status: 200, body: data }
    expect(await costAt(clock.now(), 'm', replica.deps)).toBeNull()
    expect(await refreshPrices(harness.deps)).toBe(true)
    expect(await costAt(clock.now())).toBe(9_000_000_000n)
    clock.advance(30_000)
    expect(await costAt(clock.now(), 'm', replica.deps)).toBe(9_000_000_000n)
    await replica.close()
    await writeFile(file, data.replace('"input_mtok":9', '"input_mtok":11'))
    expect(await readFile(file, 'utf8')).toContain('"input_mtok":11')
    expect(await refreshPrices({ ...harness.deps, env: { ...harness.deps.env, prices: file } })).toBe(true)
    expect(await costAt(clock.now())).toBe(11_000_000_000n)
  })
})

it('what the source lacks is there, each with the page that says it', async () => {
  const priceUsage = async (
    provider: string,
    name: string,
    counts: object,
    serviceTier: string | null = null,
    region: string | null = null,
  ) => {
    await harness.deps.prices.load(harness.organizationId)
    const usage = {
      vector: oneRequest(counts),
      imageTokens: { input: 0, output: 0 },
      serviceTier,
      region,
      at: clock.now(),
      reportedNanos: null,
    }
    return harness.deps.prices.priceUsage(harness.organizationId, { ...usage, provider, model: name }).costNanos
  }
  const million = { inputUncached: 1_000_000 }
  expect(await priceUsage('openai', 'tts-1', { characters: 1_000_000 })).toBe(15_000_000_000n)
  expect(await priceUsage('cohere', 'rerank-v3.5', { searches: 1_000 })).toBe(2_000_000_000n)
  expect(await priceUsage('voyage', 'rerank-2.5-lite', million)).toBe(20_000_000n)
  expect(await priceUsage('groq', 'whisper-large-v3', { seconds: 2 })).toBe(await priceUsage('groq', 'whisper-large-v3', { seconds: 10 }))
  expect(await priceUsage('openai', 'gpt-5', million, 'flex')).toBe(625_000_000n)
  expect(await priceUsage('openai', 'gpt-4o-mini', { outputText: 1_000_000, searches: 1 }, 'priority')).toBe(1_010_000_000n)
  expect(await priceUsage('openai', 'gpt-5', million, 'scale')).toBeNull()
  expect(await priceUsage('anthropic', 'claude-opus-4-8', million, 'batch', 'us')).toBe(2_750_000_000n)
  expect(await priceUsage('anthropic', 'claude-opus-4-6', million, 'fast')).toBe(30_000_000_000n)
  expect(await priceUsage('vertex', 'claude-opus-4-8', million, null, 'europe-west1')).toBe(5_500_000_000n)
  expect(await priceUsage('vertex', 'claude-opus-4-8', million, null, 'global')).toBe(5_000_000_000n)
  expect(await priceUsage('bedrock', 'us.anthropic.claude-opus-4-8-v1:0', { cacheWrite1h: 1_000_000 })).toBe(11_000_000_000n)
  expect(await priceUsage('google', 'gemini-2.5-pro', { audioIn: 1_000_000 })).toBe(2_500_000_000n)
  expect(await priceUsage('azure', 'gpt-5-mini', million)).toBe(250_000_000n)
})
