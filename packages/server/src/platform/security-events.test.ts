import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { findSecrets } from '../../test/canary'
import { createHarness, type Harness } from '../../test/harness'
import { createMetrics } from './metrics'
import { createSecurityEvents, type SecurityEvent } from './security-events'
import { inTenantSql } from './tenancy'

interface Row {
  id: string
  kind: string
  count: number
  actor_id: string | null
  resource_id: string | null
  occurred_at: Date
  last_at: Date
  detail: Record<string, unknown>
}

let harness: Harness
let tenant: string
let now = new Date('2026-11-21T10:00:00.000Z')
const clock = { now: () => now, monotonicMs: () => now.getTime() }

beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())
beforeEach(async () => {
  tenant = await harness.createTenant()
  now = new Date('2026-11-21T10:00:00.000Z')
})

const facts = (address = '192.0.2.7') => ({ id: newId('request'), address, userAgent: 'agent/1' })
const denied = (resource: string, address?: string): SecurityEvent => ({
  kind: 'permission_denied',
  organizationId: tenant,
  actor: { kind: 'person', id: 'mem_1', name: 'Ada' },
  facts: facts(address),
  resource: { kind: 'project', id: resource },
  detail: { route: '/api/v1/projects' },
})

function create(maximum?: number, db: Pick<Harness['deps']['db'], 'systemPool'> = harness.deps.db) {
  const metrics = createMetrics()
  return { metrics, events: createSecurityEvents({ db, clock, metrics, log: harness.deps.log }, maximum) }
}

function readRows(organizationId = tenant): Promise<Row[]> {
  return inTenantSql(
    harness.deps.db.appPool,
    organizationId,
    async (client) => (await client.query<Row>('SELECT * FROM security_event ORDER BY id')).rows,
  )
}

it('a thousand failures in a minute are a few rows with their counts', async () => {
  const { events, metrics } = create()
  for (let i = 0; i < 1_000; i++) {
    events.record(denied('a', `192.0.2.${i % 3}`))
    if (i % 100 === 0) await events.flush()
  }
  await events.stop()
  const rows = await readRows()
  expect(rows.map((row) => row.count).sort()).toEqual([333, 333, 334])
  expect(await metrics.render()).toContain('keylease_security_events_total{kind="permission_denied"} 1000')
})

it('another minute, caller or thing is another row', async () => {
  const { events } = create()
  events.record(denied('a'))
  events.record(denied('b'))
  now = new Date('2026-11-21T10:00:30.000Z')
  events.record(denied('a'))
  await events.flush()
  now = new Date('2026-11-21T10:01:01.000Z')
  events.record(denied('a'))
  await events.flush()
  const rows = await readRows()
  expect(rows.map((row) => [row.resource_id, row.count])).toEqual(
    expect.arrayContaining([
      ['a', 2],
      ['b', 1],
      ['a', 1],
    ]),
  )
  expect(rows.find((row) => row.count === 2)).toMatchObject({
    occurred_at: new Date('2026-11-21T10:00:00.000Z'),
    last_at: new Date('2026-11-21T10:00:30.000Z'),
  })
})

it('a full memory drops and counts what it dropped, and has room again after a minute', async () => {
  const { events, metrics } = create(10)
  for (let i = 0; i < 25; i++) events.record(denied(`project-${i}`))
  await events.flush()
  expect(await readRows()).toHaveLength(10)
  expect(await metrics.render()).toContain('keylease_security_events_dropped_total 15')
  now = new Date('2026-11-21T10:01:00.000Z')
  await events.flush()
  events.record(denied('later'))
  await events.flush()
  expect(await readRows()).toHaveLength(11)
})

it('a database that is away loses nothing: what waited is written when it is back', async () => {
  let isAway = true
  const { systemPool } = harness.deps.db
  const connect = () =>
    isAway ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })) : systemPool.connect()
  const away = { systemPool: new Proxy(systemPool, { get: (pool, name) => (name === 'connect' ? connect : Reflect.get(pool, name)) }) }
  const { events } = create(undefined, away)
  events.record(denied('a'))
  await events.flush()
  events.record(denied('a'))
  now = new Date('2026-11-21T10:02:00.000Z')
  await events.flush()
  expect(await readRows()).toEqual([])
  isAway = false
  await events.flush()
  expect((await readRows()).map((row) => row.count)).toEqual([2])
})

it('a flush that cannot write changes no answer', async () => {
  const { ownerPool } = harness.deps.db
  const token = harness.createCredential({ organizationId: tenant, role: 'viewer' })
  await ownerPool.query('REVOKE INSERT ON security_event FROM keylease_system')
  try {
    const refused = await harness.request('POST', '/api/v1/projects', { token, body: { name: 'x' } })
    expect(refused.status).toBe(403)
    await harness.deps.security.flush()
    expect((await harness.request('GET', '/api/v1/projects', { token })).status).toBe(200)
    expect(harness.logLines.join('')).toContain('security events could not be written')
  } finally {
    await ownerPool.query('GRANT INSERT ON security_event TO keylease_system')
  }
})

it('refusals of a tenant are told to it, those of nobody to the organization of the instance, and no secret with them', async () => {
  const viewer = harness.createCredential({ organizationId: tenant, role: 'viewer' })
  const strayed = 'strayed-credential-0123456789abcdef'
  const absent = newId('project')
  await harness.request('POST', '/api/v1/projects', { token: viewer, body: { name: 'x' } })
  await harness.request('GET', `/api/v1/projects/${absent}`, { token: viewer })
  await harness.request('GET', `/api/v1/projects/${strayed}`, { token: viewer })
  await harness.request('GET', '/api/v1/projects', { token: strayed })
  await harness.request('GET', '/api/v1/projects', { token: null })
  await harness.deps.security.flush()
  const told = await readRows()
  expect(told.map((row) => [row.kind, row.resource_id]).sort()).toEqual([
    ['absent_id', absent],
    ['permission_denied', null],
  ])
  const unknown = (await readRows(harness.organizationId)).filter((row) => row.kind === 'key_refused')
  expect(unknown.map((row) => [row.count, row.actor_id])).toEqual([[1, null]])
  expect(findSecrets(JSON.stringify([told, unknown]), [strayed])).toEqual([])
})
