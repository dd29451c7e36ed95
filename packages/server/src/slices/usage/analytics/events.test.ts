import type { UsageEventDetail, UsageEventPage } from '@keylease/shared/contracts/usage-events'
import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { testSize } from '../../../../test/size'
import { toReading, toReport } from '../../../../test/usage'
import { openUsage } from '../../../../test/usage-analytics'
import { inTenantSql } from '../../../platform/tenancy'
import { recordUsage } from '../service'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const ago = (ms: number) => new Date(Date.now() - ms)
const dayMs = 86_400_000

test('pages hold every call once, newest first, while others arrive', async () => {
  const { organizationId, ask } = await openUsage(harness)
  const to = new Date().toISOString()
  // Several at one moment, so that a page ends between them.
  const first = await recordUsage(
    harness.deps,
    organizationId,
    Array.from({ length: 40 }, (_, n) => toReport({ occurredAt: ago(60_000 + 1_000 * (n >> 2)) })),
  )
  const seen: string[] = []
  for (let cursor: string | undefined; ; ) {
    const { body } = await ask<UsageEventPage>('events', { limit: '7', to, cursor })
    expect(body.items.map(({ occurredAt }) => occurredAt)).toEqual(
      body.items
        .map(({ occurredAt }) => occurredAt)
        .toSorted()
        .toReversed(),
    )
    seen.push(...body.items.map(({ id }) => id))
    await recordUsage(harness.deps, organizationId, [toReport({ occurredAt: new Date() }), toReport({ occurredAt: ago(10_000) })])
    if (body.nextCursor === null) break
    cursor = body.nextCursor
  }
  expect(new Set(seen).size).toBe(seen.length)
  expect(first.filter(({ id }) => !seen.includes(id))).toEqual([])
  expect((await ask<UsageEventPage>('events', { model: 'gpt-5-mini', to })).body.total).toBeGreaterThanOrEqual(40)
  expect((await ask<UsageEventPage>('events', { model: 'no such' })).body).toMatchObject({ total: 0, items: [], nextCursor: null })
})

test('pages of one value or outcome, or of what a manager of several teams sees, are whole as well', async () => {
  const { organizationId, ask } = await openUsage(harness)
  const teams = [newId('team'), newId('team'), newId('team')]
  const calls = Array.from({ length: 90 }, (_, n) =>
    toReport({
      occurredAt: ago(60_000 + 400_000 * n),
      owner: { ...toReport().owner, teamId: teams[n % 3] ?? null },
      tags: n % 7 === 0 ? ['rare'] : [],
      status: n % 5 === 0 ? 'error' : n % 11 === 0 ? 'aborted' : 'ok',
      reading: toReading({ inputUncached: 1 }, { quality: n % 4 === 0 ? 'assumed' : 'exact' }),
    }),
  )
  const written = await recordUsage(harness.deps, organizationId, calls)
  const manager = harness.createCredential({ organizationId, role: 'manager', reach: teams.slice(0, 2) })
  const readAll = async (query: Record<string, string>, token?: string) => {
    const ids: string[] = []
    const totals = new Set<number>()
    for (let cursor: string | undefined, hasMore = true; hasMore; ) {
      const { body } = await ask<UsageEventPage>('events', { limit: '3', ...query, cursor }, token)
      totals.add(body.total)
      ids.push(...body.items.map(({ id }) => id))
      hasMore = body.nextCursor !== null
      cursor = body.nextCursor ?? undefined
    }
    expect([...totals]).toEqual([ids.length])
    return ids
  }
  const idsOf = (is: (n: number) => boolean) => written.filter((_, n) => is(n)).map(({ id }) => id)
  expect(await readAll({ tag: 'rare' })).toEqual(idsOf((n) => n % 7 === 0))
  expect(await readAll({}, manager)).toEqual(idsOf((n) => n % 3 < 2))
  expect(await readAll({ status: 'error' })).toEqual(idsOf((n) => n % 5 === 0))
  expect(await readAll({ status: 'aborted' })).toEqual(idsOf((n) => n % 5 !== 0 && n % 11 === 0))
  expect(await readAll({ status: 'ok', tag: 'rare' })).toEqual(idsOf((n) => n % 5 !== 0 && n % 11 !== 0 && n % 7 === 0))
  expect(await readAll({ quality: 'exact', limit: '20' })).toEqual(idsOf((n) => n % 4 !== 0))
  expect(await readAll({ quality: 'assumed', status: 'error' }, manager)).toEqual(idsOf((n) => n % 20 === 0 && n % 3 < 2))
})

test('every filter finds its call and no other', async () => {
  const { organizationId, ask } = await openUsage(harness)
  const traceId = '07'.repeat(16)
  const leaseId = newId('lease')
  const meant = toReport({
    identity: { kind: 'leased', leaseId, sequence: 9 },
    ...{
      traceId,
      status: 'error',
      conversation: 'c-42',
      endUser: 'u-7',
      tags: ['checkout', 'eu'],
      scope: 'my scope',
      endpoint: 'POST /other',
    },
    reading: toReading({ inputUncached: 3 }, { quality: 'estimated', model: 'o' }),
  })
  const [written] = await recordUsage(harness.deps, organizationId, [meant, toReport()])
  const filters = {
    leaseId,
    traceId,
    status: 'error',
    conversation: 'c-42',
    endUser: 'u-7',
    tag: 'eu',
    scope: 'my scope',
  }
  for (const [name, value] of Object.entries({ ...filters, quality: 'estimated', model: 'o', endpoint: 'POST /other' })) {
    const { body } = await ask<UsageEventPage>('events', { [name]: value })
    expect([name, body.total, body.items.map(({ id }) => id)]).toEqual([name, 1, [written?.id]])
    expect((await ask<{ requests: number }>('summary', { [name]: value })).body.requests, name).toBe(1)
  }
})

test('a call that another one bills is shown where it is asked for, and points at it', async () => {
  const { organizationId, ask } = await openUsage(harness)
  const [billed, linked] = await recordUsage(harness.deps, organizationId, [toReport(), toReport()])
  await inTenantSql(harness.deps.db.appPool, organizationId, (client) =>
    client.query('UPDATE usage_event SET linked_to = $1 WHERE id = $2', [billed?.id, linked?.id]),
  )
  expect((await ask<UsageEventPage>('events')).body.items.map(({ id }) => id)).toEqual([billed?.id])
  expect((await ask<{ requests: number }>('summary', { status: 'ok' })).body.requests).toBe(1)
  const all = (await ask<UsageEventPage>('events', { linked: 'true' })).body
  expect(all.total).toBe(2)
  expect(all.items.find(({ id }) => id === linked?.id)?.linkedTo).toBe(billed?.id)
  expect((await ask<UsageEventDetail>(`events/${linked?.id}`)).body.linkedTo).toBe(billed?.id)
})

describe('one call', () => {
  test('tells its vector, its price with rates, its trace, and what the provider said', async () => {
    const { organizationId, ask } = await openUsage(harness)
    const [traceId, spanId] = ['01'.repeat(16), '02'.repeat(8)]
    const report = toReport({ identity: { kind: 'span', traceId, spanId }, traceId, spanId })
    const [written] = await recordUsage(harness.deps, organizationId, [report])
    const { body } = await ask<UsageEventDetail>(`events/${written?.id}`)
    expect(body).toMatchObject({
      tokens: { inputUncached: 1_000, outputText: 100, requests: 1, seconds: 0 },
      rawUsage: { prompt_tokens: 1_000 },
      ...{ traceId: '01'.repeat(16), spanId: '02'.repeat(8), costNanos: '450000', chargedNanos: '450000', costBasis: 'computed' },
      price: { ratesNanos: { inputUncached: '250000000' } },
    })
  })

  test('is found by its id however late it was reported, and an id of nothing finds nothing', async () => {
    const { organizationId, ask } = await openUsage(harness)
    const calls = [0, 2 * 3_600_000, 29 * dayMs].map((ms) => toReport({ occurredAt: ago(ms) }))
    for (const { id } of await recordUsage(harness.deps, organizationId, calls)) expect((await ask(`events/${id}`)).status).toBe(200)
    for (const id of [newId('usageEvent'), `use_7${'z'.repeat(25)}`, `use_${'0'.repeat(26)}`])
      expect((await ask(`events/${id}`)).status).toBe(404)
  })
})

describe('an export', () => {
  test('holds every call in chunks that do not grow, and nothing is read that nobody takes', async () => {
    const { organizationId, token } = await openUsage(harness)
    const size = testSize(20_000, 1_000_000)
    await recordUsage(harness.deps, organizationId, [toReport()])
    await inTenantSql(harness.deps.db.appPool, organizationId, (client) =>
      client.query(
        `INSERT INTO usage_event (organization_id, occurred_at, id, received_at, source, provider, operation, status, quality)
         SELECT $1, now() - (n % 5000) * interval '1 millisecond', 'use_' || lpad(n::text, 26, '0'), now(), 'sdk', 'openai', 'chat', 'ok', 'exact'
         FROM generate_series(2, $2::integer) AS n`,
        [organizationId, size],
      ),
    )
    const response = await harness.request('GET', '/api/v1/usage/export?format=csv', { token })
    const decoder = new TextDecoder()
    const ids = new Set<string>()
    let largest = 0
    let rest = ''
    for await (const chunk of response.body ?? []) {
      largest = Math.max(largest, chunk.length)
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) ids.add(line.slice(0, line.indexOf(',')))
    }
    expect([ids.size, ids.has('id'), rest]).toEqual([size + 1, true, ''])
    expect(largest).toBeLessThan(1_000_000)
  })

  test('runs nothing in a spreadsheet, and keeps commas, quotes and lines inside their cell', async () => {
    const { organizationId, token } = await openUsage(harness)
    const hostile = ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\tx', '\rx', 'a,b', 'say "no"', 'two\nlines', "'quoted", 'plain']
    const calls = hostile.map((conversation, n) => toReport({ occurredAt: ago(60_000 - n), conversation }))
    await recordUsage(harness.deps, organizationId, calls)
    const text = await (await harness.request('GET', '/api/v1/usage/export?format=csv', { token })).text()
    const [head, ...rows] = readCsv(text)
    const place = head?.indexOf('conversation') ?? -1
    const cells = rows.map((row) => row[place])
    expect(cells).toEqual([
      '\'=HYPERLINK("http://x")',
      "'+1",
      "'-1",
      "'@SUM(A1)",
      "'\tx",
      "'\rx",
      'a,b',
      'say "no"',
      'two\nlines',
      "'quoted",
      'plain',
    ])
    expect(rows.every((row) => row.length === head?.length)).toBe(true)
  })

  test('of series and groups has one line for each, in both formats', async () => {
    const { organizationId, token } = await openUsage(harness)
    await recordUsage(harness.deps, organizationId, [
      toReport(),
      toReport({ provider: 'anthropic', requestModel: '=cmd', reading: toReading({}, { model: '=cmd' }) }),
    ])
    const read = async (query: string) => {
      const response = await harness.request('GET', `/api/v1/usage/export?${query}`, { token })
      expect(response.status).toBe(200)
      return response.text()
    }
    const groups = readCsv(await read('of=breakdown&groupBy=provider,model'))
    expect(groups[0]?.slice(0, 4)).toEqual(['provider', 'model', 'label', 'isOther'])
    expect(
      groups
        .slice(1)
        .map(([provider, model]) => [provider, model])
        .toSorted(),
    ).toEqual([
      ['anthropic', "'=cmd"],
      ['openai', 'gpt-5-mini'],
    ])
    const today = new Date(Date.now() - dayMs).toISOString()
    const lines = (await read(`of=timeseries&format=json&from=${today}&granularity=hour&groupBy=provider`)).trim().split('\n')
    const points = lines.map((line) => JSON.parse(line) as { keys: { provider: string }; requests: number })
    expect(
      points
        .filter(({ requests }) => requests > 0)
        .map(({ keys }) => keys.provider)
        .toSorted(),
    ).toEqual(['anthropic', 'openai'])
    expect((await harness.request('GET', '/api/v1/usage/export?of=timeseries&groupBy=model,agent', { token })).status).toBe(400)
    expect(
      (await harness.request('GET', '/api/v1/usage/export?of=breakdown&groupBy=status&from=2020-01-01T00:00:00Z', { token })).status,
    ).toBe(422)
  })
})

/** As RFC 4180 reads it. */
function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}
