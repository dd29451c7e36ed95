import type { UsageSummary } from '@keylease/shared/contracts/usage'
import type { UsageBreakdown } from '@keylease/shared/contracts/usage-breakdown'
import type { ProviderKeyUsage } from '@keylease/shared/contracts/usage-of-key'
import type { UsageTimeseries } from '@keylease/shared/contracts/usage-timeseries'
import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { factories } from '../../../../test/factories'
import { createHarness, type Harness } from '../../../../test/harness'
import { call, openRoom } from '../../../../test/room'
import { toReading, toReport } from '../../../../test/usage'
import { openUsage } from '../../../../test/usage-analytics'
import type { UsageReport } from '../event'
import { recordUsage } from '../service'
import { layOutDays } from '../sheets/service'

const now = new Date('2026-11-18T12:00:00.000Z')
let harness: Harness
beforeAll(async () => {
  harness = await createHarness({}, { now: () => now, monotonicMs: () => performance.now() })
})
afterAll(() => harness.close())

const at = (time: string, nanos: bigint, rest: Partial<UsageReport> = {}) =>
  toReport({ occurredAt: new Date(time), reading: toReading({ inputUncached: 1_000 }, { reportedNanos: nanos }), ...rest })
const owned = (owner: Partial<UsageReport['owner']>) => ({ owner: { ...toReport().owner, ...owner } })

test('what is no longer kept by the quarter hour is answered in whole days, and the answer says so', async () => {
  const { organizationId, ask } = await openUsage(harness, 'Europe/Berlin')
  await recordUsage(harness.deps, organizationId, [
    at('2026-03-10T00:30:00.000Z', 1n),
    at('2026-03-12T22:30:00.000Z', 10n),
    at('2026-03-13T12:00:00.000Z', 100n),
  ])
  const cut = { from: '2026-03-10T12:00:00.000Z', to: '2026-03-12T12:00:00.000Z' }
  const covered = { from: '2026-03-09T23:00:00.000Z', to: '2026-03-12T23:00:00.000Z' }
  expect((await ask<UsageSummary>('summary', cut)).body).toMatchObject({ requests: 2, costNanos: '11', ...covered })
  expect((await ask<UsageBreakdown>('breakdown', cut)).body).toMatchObject({ costNanos: '11', ...covered })
  for (const [path, query] of [
    ['summary', { status: 'ok' }],
    ['breakdown', { groupBy: 'provider,agent' }],
    ['timeseries', { granularity: 'hour' }],
  ] as const) {
    const { status, body } = await ask(path, { ...cut, ...query })
    expect([status, body.error?.code]).toEqual([422, 'range_too_wide'])
    expect(body.error?.message).toContain('2026-08-20T00:00:00.000Z')
  }
})

test('a crowd of questions waits for its turn, and takes no connection from the ledger', async () => {
  const { analyticsPool } = harness.deps.db
  const { organizationId, ask } = await openUsage(harness)
  const held = await Promise.all(Array.from({ length: analyticsPool.options.max }, () => analyticsPool.connect()))
  const crowd = Array.from({ length: 40 }, () => ask<UsageSummary>('summary'))
  try {
    await vi.waitFor(() => expect(analyticsPool.waitingCount).toBe(40), { timeout: 10_000 })
    await recordUsage(harness.deps, organizationId, [at('2026-11-18T11:00:00.000Z', 7n)])
  } finally {
    for (const client of held) client.release()
  }
  for (const { body } of await Promise.all(crowd)) expect(body).toMatchObject({ requests: 1, costNanos: '7' })
})

test('who waits in vain for a turn is told so, and not that the database is away', async () => {
  const { analyticsPool } = harness.deps.db
  const { ask } = await openUsage(harness)
  const held = await Promise.all(Array.from({ length: analyticsPool.options.max }, () => analyticsPool.connect()))
  const { connectionTimeoutMillis } = analyticsPool.options
  analyticsPool.options.connectionTimeoutMillis = 20
  try {
    const { status, body } = await ask('summary')
    expect([status, body.error?.code, body.error?.message]).toEqual([503, 'unavailable', expect.stringContaining('Too many questions')])
  } finally {
    analyticsPool.options.connectionTimeoutMillis = connectionTimeoutMillis
    for (const client of held) client.release()
  }
  expect((await ask('summary')).status).toBe(200)
})

test('a month is compared with the month before, and any other range with as long a time', async () => {
  const { organizationId, ask } = await openUsage(harness, 'America/New_York')
  await recordUsage(harness.deps, organizationId, [
    ...[at('2026-10-01T03:59:59.000Z', 1n), at('2026-10-01T04:00:00.000Z', 10n), at('2026-11-01T03:00:00.000Z', 100n)],
    ...[at('2026-11-01T04:00:00.000Z', 1_000n), at('2026-11-18T11:00:00.000Z', 10_000n)],
  ])
  const month = { from: '2026-11-01T04:00:00.000Z', to: '2026-12-01T05:00:00.000Z', compare: 'true' }
  expect((await ask<UsageSummary>('summary', month)).body).toMatchObject({
    costNanos: '11000',
    previous: { from: '2026-10-01T04:00:00.000Z', to: '2026-11-01T04:00:00.000Z', costNanos: '110' },
  })
  const day = { from: '2026-11-01T04:00:00.000Z', to: '2026-11-02T05:00:00.000Z', compare: 'true' }
  expect((await ask<UsageBreakdown>('breakdown', day)).body.items).toMatchObject([{ costNanos: '1000', previousCostNanos: '100' }])
})

test('what is longer than a day is compared from a quarter hour on, and what is not to the millisecond', async () => {
  const { ask } = await openUsage(harness)
  const summarise = async (from: string, to: string) => (await ask<UsageSummary>('summary', { from, to, compare: 'true' })).body.previous
  const long = await summarise('2026-11-10T00:00:00.000Z', '2026-11-11T00:00:00.001Z')
  expect(long).toMatchObject({ from: '2026-11-08T23:45:00.000Z', to: '2026-11-10T00:00:00.000Z' })
  const day = await summarise('2026-11-10T00:00:00.001Z', '2026-11-11T00:00:00.001Z')
  expect(day).toMatchObject({ from: '2026-11-09T00:00:00.001Z', to: '2026-11-10T00:00:00.001Z' })
})

test('the present month is projected from the days before it, and nothing from too few', async () => {
  const { organizationId, ask } = await openUsage(harness)
  await recordUsage(harness.deps, organizationId, [at('2026-11-16T10:00:00.000Z', 30n)])
  expect((await ask<UsageSummary>('summary')).body.projection).toBeNull()
  await recordUsage(harness.deps, organizationId, [
    at('2026-11-15T10:00:00.000Z', 50n),
    at('2026-11-17T10:00:00.000Z', 40n),
    at('2026-11-18T10:00:00.000Z', 5n),
  ])
  expect((await ask<UsageSummary>('summary')).body).toMatchObject({
    costNanos: '125',
    projection: { costNanos: '625', basis: [{ kind: 'any', days: 3, medianNanos: '40', daysLeft: 12.5 }] },
  })
  expect((await ask<UsageSummary>('summary', { from: '2026-11-02T00:00:00.000Z' })).body.projection).toBeNull()
})

test('beyond a thousand values a day the rest is one row, the last, and the answer says so', async () => {
  const { organizationId, ask } = await openUsage(harness)
  const calls = Array.from({ length: 1_100 }, (_, model) =>
    at('2026-11-18T09:00:00.000Z', 10n, {
      reading: toReading({ inputUncached: 1 }, { reportedNanos: 10n, model: `model ${1_000 + model}` }),
    }),
  )
  await recordUsage(harness.deps, organizationId, calls)
  const { body } = await ask<UsageBreakdown>('breakdown', { limit: '200' })
  expect(body).toMatchObject({ total: 1_001, costNanos: '11000' })
  expect(body.note).toContain('1,000 values of model')
  const rows = [...body.items]
  for (let cursor = body.nextCursor; cursor !== null; ) {
    const next = (await ask<UsageBreakdown>('breakdown', { limit: '200', cursor })).body
    rows.push(...next.items)
    cursor = next.nextCursor
  }
  expect(rows).toHaveLength(1_001)
  expect(new Set(rows.map(({ keys }) => keys['model'])).size).toBe(1_001)
  expect(rows.at(-1)).toMatchObject({ isOther: true, label: 'Other', requests: 100, costNanos: '1000' })
  const { body: series } = await ask<UsageTimeseries>('timeseries', { groupBy: 'model', limit: '2' })
  expect(series.series.map(({ isOther, requests }) => [isOther, requests])).toEqual([
    [false, 1],
    [false, 1],
    [true, 1_098],
  ])
})

test('page by page, thousands of values are each told once, in one order, and with the sums of their calls', async () => {
  const { organizationId, ask } = await openUsage(harness)
  const nameOf = (day: number, n: number) => (n < 30 ? `every day ${n}` : `on day ${day} ${1_000 + n}`)
  const spent = new Map<string, bigint>()
  for (const day of [15, 16, 17]) {
    const calls = Array.from({ length: 1_060 }, (_, n) => {
      const nanos = BigInt((n * day) % 97)
      // Names sort as they are numbered: the first thousand of a day are told apart.
      const model = nameOf(day, n)
      if (n < 1_000) spent.set(model, (spent.get(model) ?? 0n) + nanos)
      return at(`2026-11-${day}T09:00:00.000Z`, nanos, { reading: toReading({ inputUncached: 1 }, { reportedNanos: nanos, model }) })
    })
    await recordUsage(harness.deps, organizationId, calls)
  }
  const readAll = async (query: Record<string, string>) => {
    const rows: UsageBreakdown['items'] = []
    for (let cursor: string | undefined, hasMore = true; hasMore; ) {
      const { body } = await ask<UsageBreakdown>('breakdown', { ...query, cursor })
      expect(body.total).toBe(spent.size + 1)
      rows.push(...body.items)
      hasMore = body.nextCursor !== null
      cursor = body.nextCursor ?? undefined
    }
    return rows
  }
  const toNames = (rows: UsageBreakdown['items']) => rows.map(({ keys }) => keys['model'])
  const rows = await readAll({ limit: '200', from: '2026-10-01T00:00:00.000Z' })
  expect(rows.pop()).toMatchObject({ isOther: true, requests: 180 })
  expect(new Map(rows.map(({ keys, costNanos }) => [keys['model'], BigInt(costNanos)]))).toEqual(spent)
  expect(rows).toHaveLength(spent.size)
  const costs = rows.map(({ costNanos }) => Number(costNanos))
  expect(costs).toEqual(costs.toSorted((one, other) => other - one))
  expect(toNames(await readAll({ limit: '191', from: '2026-11-15T00:00:00.000Z' })).slice(0, -1)).toEqual(toNames(rows))
  const first = (await ask<UsageBreakdown>('breakdown', { limit: '7' })).body.items
  expect(toNames(first)).toEqual(toNames(rows.slice(0, 7)))
  const rarest = toNames(await readAll({ limit: '200', sort: 'requests', order: 'asc', from: '2026-10-01T00:00:00.000Z' }))
  expect(new Set(rarest).size).toBe(spent.size + 1)
  expect(rarest.slice(-31, -1).toSorted()).toEqual(Array.from({ length: 30 }, (_, n) => nameOf(0, n)).toSorted())
  expect(await layOutDays(harness.deps)).toBeGreaterThanOrEqual(3)
  expect(await readAll({ limit: '200', from: '2026-10-01T00:00:00.000Z' })).toMatchObject([...rows, { isOther: true, requests: 180 }])
})

test('more points than a chart can show are refused with what to do', async () => {
  const { ask } = await openUsage(harness)
  const { status, body } = await ask('timeseries', { from: '2026-10-01T00:00:00.000Z', granularity: 'hour', groupBy: 'model' })
  expect([status, body.error?.code]).toEqual([422, 'range_too_wide'])
  expect((await ask('timeseries', { from: '1970-01-01T00:00:00.000Z', to: '9999-01-01T00:00:00.000Z' })).status).toBe(422)
  expect((await ask('breakdown', { groupBy: 'model,model' })).status).toBe(400)
  for (const path of ['summary', 'breakdown', 'events']) {
    expect(
      (await ask(path, { from: '0001-01-02T00:00:00Z', to: '9999-12-31T23:59:59Z', ...(path !== 'events' && { compare: 'true' }) })).status,
    ).toBe(200)
    expect((await ask(path, { from: '9999-01-02T00:00:00Z' })).status).toBe(200)
    expect((await ask(path, { to: '2026-11-01T00:00:00Z', from: '2026-11-01T00:00:00.000Z' })).status).toBe(400)
  }
  expect((await ask('breakdown', { cursor: 'x' })).body.error?.code).toBe('invalid_cursor')
})

test('groups are called by their names, deleted ones too', async () => {
  const { organizationId, token, ask } = await openUsage(harness)
  const projectId = (await call<{ id: string }>(harness, token, 'POST', '/api/v1/projects', { name: 'checkout' })).body.id
  await call(harness, token, 'DELETE', `/api/v1/projects/${projectId}`)
  await recordUsage(harness.deps, organizationId, [
    at('2026-11-18T10:00:00.000Z', 5n, owned({ projectId })),
    at('2026-11-18T10:00:00.000Z', 1n),
  ])
  const { body } = await ask<UsageBreakdown>('breakdown', { groupBy: 'project' })
  expect(body.items.map(({ label, keys }) => [label, keys['project']])).toEqual([
    ['checkout', projectId],
    ['None', null],
  ])
  expect((await ask<UsageBreakdown>('breakdown', { groupBy: 'provider' })).body.items).toMatchObject([{ label: 'OpenAI', costShare: 1 }])
})

describe('nobody is told of calls that are not theirs', () => {
  const paths = [
    ['summary', {}],
    ['breakdown', { groupBy: 'agent' }],
    ['timeseries', { groupBy: 'model' }],
    ['events', {}],
    ['export', { format: 'json' }],
    ['export', { of: 'breakdown', format: 'json' }],
  ] as const

  test("another tenant's calls are nowhere", async () => {
    const [one, other] = [await openUsage(harness), await openUsage(harness)]
    const agentId = newId('agent')
    const [written] = await recordUsage(harness.deps, one.organizationId, [
      at('2026-11-18T10:00:00.000Z', 987_654_321n, owned({ agentId })),
    ])
    for (const [path, query] of paths) {
      for (const filter of [{}, { agentId }] as Record<string, string>[]) {
        const text = await askText(path, { ...query, ...filter }, other.token)
        expect(text).not.toContain('987654321')
        expect(text).not.toContain(agentId)
      }
    }
    expect((await other.ask(`events/${written?.id}`)).status).toBe(404)
    expect((await one.ask(`events/${written?.id}`)).status).toBe(200)
  })

  test('who works in a team sees the calls of that team, whatever they filter', async () => {
    const room = await openRoom(harness)
    const other = newId('team')
    const [own, foreign] = await recordUsage(harness.deps, harness.organizationId, [
      at('2026-11-18T10:00:00.000Z', 5n, owned({ teamId: room.teamId, agentId: room.agentId })),
      at('2026-11-18T10:01:00.000Z', 987_654_321n, owned({ teamId: other, agentId: room.agentId })),
      at('2026-11-18T10:02:00.000Z', 987_654_321n, owned({ agentId: room.agentId })),
    ])
    for (const [path, query] of paths) {
      for (const filter of [
        {},
        { agentId: room.agentId },
        { teamId: other },
        { teamId: room.teamId },
        { provider: 'openai', model: 'gpt-5-mini' },
      ] as Record<string, string>[]) {
        const text = await askText(path, { ...query, ...filter }, room.manager)
        expect(text).not.toContain('987654321')
      }
    }
    const asked = await call<UsageSummary>(harness, room.manager, 'GET', `/api/v1/usage/summary?agentId=${room.agentId}`)
    expect(asked.body).toMatchObject({ requests: 1, costNanos: '5' })
    expect((await call<UsageSummary>(harness, room.manager, 'GET', '/api/v1/usage/summary')).body).toMatchObject({
      requests: 1,
      costNanos: '5',
    })
    expect((await call(harness, room.manager, 'GET', `/api/v1/usage/events/${own?.id}`)).status).toBe(200)
    expect((await call(harness, room.manager, 'GET', `/api/v1/usage/events/${foreign?.id}`)).status).toBe(404)
    const nobody = harness.createCredential({ organizationId: harness.organizationId, role: 'user', reach: [] })
    expect((await call<UsageSummary>(harness, nobody, 'GET', '/api/v1/usage/summary')).body).toMatchObject({ requests: 0, costNanos: '0' })
  })

  async function askText(path: string, query: Record<string, string>, token: string): Promise<string> {
    const response = await harness.request('GET', `/api/v1/usage/${path}?${new URLSearchParams(query)}`, { token })
    expect(response.status).toBe(200)
    return response.text()
  }
})

test('a key tells its month, its days and months, and what it will cost', async () => {
  const keyId = (await factories.providerKey?.(harness, harness.token)) ?? ''
  await recordUsage(harness.deps, harness.organizationId, [
    ...['2026-11-15', '2026-11-16', '2026-11-17'].map((day) => at(`${day}T10:00:00.000Z`, 40n, owned({ keyId }))),
    at('2026-05-17T10:00:00.000Z', 7n, owned({ keyId })),
  ])
  const { body } = await call<ProviderKeyUsage>(harness, harness.token, 'GET', `/api/admin/api-keys/${keyId}/usage`)
  expect(body).toMatchObject({ keyId, usage: { requests: 3, costNanos: '120' }, costs: { current: '120', projected: '620' } })
  expect(body.history.daily).toHaveLength(30)
  expect(body.history.daily.slice(-4).map(({ costNanos }) => costNanos)).toEqual(['40', '40', '40', '0'])
  expect(body.history.monthly.map(({ at: start, costNanos }) => [start.slice(0, 7), costNanos])).toEqual([
    ...['2025-12', '2026-01', '2026-02', '2026-03', '2026-04'].map((month) => [month, '0']),
    ['2026-05', '7'],
    ...['2026-06', '2026-07', '2026-08', '2026-09', '2026-10'].map((month) => [month, '0']),
    ['2026-11', '120'],
  ])
})
