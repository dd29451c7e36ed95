import { isDeepStrictEqual } from 'node:util'
import type { LiveEvents } from '@keylease/shared/contracts/live-events'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { runOnce } from '../../../../test/database'
import { callAs } from '../../../../test/factors'
import { createHarness, type Harness, type RequestOptions } from '../../../../test/harness'
import { toReading, toReport } from '../../../../test/usage'
import type { UsageReport } from '../event'
import { recordUsage } from '../service'

type Replica = Pick<Harness, 'request' | 'deps'>
type Heard = { [Name in keyof LiveEvents]: { name: Name; data: LiveEvents[Name] } }[keyof LiveEvents]

const path = '/api/v1/events/stream'
let harness: Harness
let other: Awaited<ReturnType<Harness['openReplica']>>

beforeAll(async () => {
  harness = await createHarness()
  other = await harness.openReplica()
})
afterAll(async () => {
  await other.close()
  await harness.close()
})

/** Reads a stream beside the test. */
async function watch(replica: Replica, options: RequestOptions = {}) {
  const response = await replica.request('GET', path, options)
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  if (!reader) throw new Error('a stream without a body')
  const heard: Heard[] = []
  const decoder = new TextDecoder()
  const ended = (async () => {
    let rest = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const parts = `${rest}${decoder.decode(value)}`.split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? []
        if (name && data) heard.push({ name, data: JSON.parse(data) } as Heard)
      }
    }
  })()
  const of = <Name extends keyof LiveEvents>(name: Name) =>
    heard.flatMap((event) => (event.name === name ? [event.data as LiveEvents[Name]] : []))
  const until = (isTrue: () => boolean) => vi.waitFor(() => expect(isTrue()).toBe(true), { timeout: 5_000, interval: 5 })
  await until(() => heard.length > 0)
  const sum = (read: (usage: LiveEvents['usage']) => number) => of('usage').reduce((total, usage) => total + read(usage), 0)
  return { heard, of, until, sum, ended, stop: () => reader.cancel() }
}

const as = (options: RequestOptions, method: string, target: string, body?: object) =>
  harness.request(method, target, { ...options, ...(body && { body }) })

async function createTeam(name: string): Promise<string> {
  const response = await as({}, 'POST', '/api/v1/teams', { name })
  return ((await response.json()) as { id: string }).id
}

let changes = 0

/** Something that a dashboard shows. */
async function change(token = harness.token): Promise<{ id: string }> {
  const response = await as({ token }, 'POST', '/api/v1/providers', { name: `Acme ${++changes}`, baseUrl: 'https://api.example.com' })
  expect(response.status).toBe(201)
  return (await response.json()) as { id: string }
}

const ofTeam = (teamId: string | null): UsageReport => ({ ...toReport(), owner: { ...toReport().owner, teamId } })

const record = (reports: readonly UsageReport[], at: Replica = harness, organizationId = harness.organizationId) =>
  recordUsage(at.deps, organizationId, reports)

test('what any replica wrote is on every stream within a second, and in the totals', async () => {
  const { organizationId, token } = await tenantToken()
  const streams = [await watch(harness, { token }), await watch(harness, { token })]
  const [one] = await record([toReport()], harness, organizationId)
  const [two] = await record(
    [
      toReport({ status: 'error' }),
      toReport({ reading: toReading({ inputUncached: 10 }, { model: 'nobody-knows', quality: 'estimated' }) }),
    ],
    other,
    organizationId,
  )
  const acknowledged = performance.now()
  for (const stream of streams) {
    await stream.until(() => stream.sum(({ requests }) => requests) === 3)
    expect(performance.now() - acknowledged).toBeLessThan(1_000)
    expect(stream.sum(({ errors }) => errors)).toBe(1)
    expect(stream.sum(({ unpriced }) => unpriced)).toBe(1)
    expect(stream.sum(({ costNanos }) => Number(costNanos))).toBe(Number((one?.costNanos ?? 0n) + (two?.costNanos ?? 0n)))
    expect(stream.sum(({ tokens }) => tokens.input)).toBe(2_010)
    expect(stream.sum(({ tokens }) => tokens.output)).toBe(200)
    expect(stream.sum(({ quality }) => quality.exact)).toBe(2)
    expect(stream.sum(({ quality }) => quality.estimated)).toBe(1)
    await stream.stop()
  }
  const again = await watch(harness, { token })
  const [state] = again.of('state')
  expect(state).toMatchObject({ organizationId, month: { requests: 3, errors: 1, unpriced: 1 } })
  expect(state?.month.costNanos).toBe(String((one?.costNanos ?? 0n) + (two?.costNanos ?? 0n)))
  await again.stop()
})

async function tenantToken() {
  const organizationId = await harness.createTenant()
  return { organizationId, token: harness.createCredential({ organizationId, role: 'viewer' }) }
}

test('two thousand calls in a burst are a few messages', async () => {
  const { organizationId, token } = await tenantToken()
  const stream = await watch(harness, { token })
  const started = performance.now()
  for (let batch = 0; batch < 20; batch++) {
    await record(
      Array.from({ length: 100 }, () => toReport()),
      batch % 2 === 0 ? harness : other,
      organizationId,
    )
  }
  await stream.until(() => stream.sum(({ requests }) => requests) === 2_000)
  expect(stream.of('usage').length).toBeLessThanOrEqual(Math.ceil((performance.now() - started) / 250))
  await stream.stop()
})

test('another tenant hears nothing', async () => {
  const stranger = await watch(harness, await tenantToken())
  const own = await watch(harness)
  await record([toReport()])
  await change()
  await own.until(() => own.of('usage').length > 0 && own.of('changed').length > 0)
  expect(stranger.heard.map(({ name }) => name)).toEqual(['state'])
  await Promise.all([stranger.stop(), own.stop()])
})

test('what is made is told as what is changed: a project, an agent, a team, an invitation, and the member who accepts it', async () => {
  const owner = await harness.createPerson()
  const stream = await watch(harness)
  const tells = async (kind: string, make: () => Promise<unknown>, isNamed = false) => {
    const { length } = stream.of('changed')
    const made = (await make()) as { id?: string; link?: string }
    const told = isNamed ? { kind, id: made.id } : { kind }
    await stream.until(() =>
      stream
        .of('changed')
        .slice(length)
        .some((change) => isDeepStrictEqual(change, told)),
    )
    return made
  }
  const make = (target: string, body: object) => () => callAs(harness, owner, 'POST', target, body)
  const { id: projectId } = await tells('project', make('/api/v1/projects', { name: 'Billing', environment: 'production' }), true)
  await tells('agent', make('/api/v1/agents', { name: 'Clerk', projectId }), true)
  await tells('member', make('/api/v1/teams', { name: 'Night shift' }))
  const { link } = await tells('member', make('/api/v1/invitations', { email: 'late@example.com' }))
  const body = { token: new URL(String(link)).searchParams.get('token'), name: 'Late Comer', password: 'a long enough password' }
  await tells('member', () => harness.request('POST', '/api/v1/invitations/accept', { token: null, body }))
  await stream.stop()
})

test('who works in teams hears the usage of their teams alone, and of no id', async () => {
  const [mine, theirs] = [await createTeam('Mine'), await createTeam('Theirs')]
  const person = await harness.createPerson({ role: 'user', teamIds: [mine] })
  const [limited, whole] = [await watch(harness, { person }), await watch(harness)]
  await record([ofTeam(mine), ofTeam(theirs), ofTeam(theirs), ofTeam(null)])
  const { id } = await change()
  await whole.until(() => whole.sum(({ requests }) => requests) === 4 && whole.of('changed').some((change) => change.id === id))
  await limited.until(() => limited.of('changed').some(({ kind }) => kind === 'provider'))
  expect(limited.sum(({ requests }) => requests)).toBe(1)
  expect(limited.of('changed').filter((change) => change.id !== undefined)).toEqual([])
  await Promise.all([limited.stop(), whole.stop()])
})

test('many changes of one kind are told as one, without an id', async () => {
  const { organizationId, token } = await tenantToken()
  const owner = harness.createCredential({ organizationId, role: 'owner' })
  const stream = await watch(harness, { token })
  const started = performance.now()
  await Promise.all(Array.from({ length: 20 }, () => change(owner)))
  const settings = await as({ token: owner }, 'PATCH', '/api/v1/settings', { name: 'Renamed' })
  expect(settings.status).toBe(200)
  await stream.until(() => stream.of('changed').some(({ kind }) => kind === 'settings'))
  const told = stream.of('changed').filter(({ kind }) => kind === 'provider')
  expect(told.length).toBeLessThanOrEqual(Math.ceil((performance.now() - started) / 250))
  expect(told).toContainEqual({ kind: 'provider' })
  await stream.stop()
})

test.each<[string, (person: Awaited<ReturnType<Harness['createPerson']>>) => Promise<unknown>]>([
  ['they sign out', (person) => as({ person }, 'POST', '/api/auth/sign-out', {})],
  ['their session is ended by another', ({ sessionId }) => as({}, 'DELETE', `/api/v1/sessions/${sessionId}`)],
])('a stream ends on every replica when %s', async (_, end) => {
  const person = await harness.createPerson()
  const streams = [await watch(harness, { person }), await watch(other, { person })]
  const response = (await end(person)) as Response
  expect(response.status).toBeLessThan(300)
  for (const stream of streams) await stream.ended
})

test('a stream ends when its platform key is revoked', async () => {
  const { id, key } = await harness.issueKey({ scopes: ['read'] })
  const stream = await watch(other, { token: key })
  await as({}, 'DELETE', `/api/v1/platform/api-keys/${id}`)
  await stream.ended
})

test('a stream that is open keeps no session from idling', async () => {
  const person = await harness.createPerson()
  const stream = await watch(harness, { person })
  const rename = () => as({}, 'PATCH', '/api/v1/settings', { name: `Organization ${++changes}` })
  await harness.deps.db.authPool.query(`UPDATE session SET seen_at = now() - interval '29 minutes' WHERE id = $1`, [person.sessionId])
  harness.deps.sessions.forget()
  await rename()
  await stream.until(() => stream.of('changed').length > 0)
  const seen = await harness.deps.db.authPool.query<{ idle: boolean }>(
    `SELECT seen_at < now() - interval '28 minutes' AS idle FROM session WHERE id = $1`,
    [person.sessionId],
  )
  expect(seen.rows).toEqual([{ idle: true }])
  await harness.deps.db.authPool.query(`UPDATE session SET seen_at = now() - interval '30 days' WHERE id = $1`, [person.sessionId])
  harness.deps.sessions.forget()
  await rename()
  await stream.ended
})

test('one credential has so many streams and no more, a drain ends them all, and none opens afterwards', async () => {
  const third = await harness.openReplica()
  const { key } = await harness.issueKey({ scopes: ['read'] })
  const streams = await Promise.all(Array.from({ length: 20 }, () => watch(third, { token: key })))
  const refused = await third.request('GET', path, { token: key })
  expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([429, 'too_many_streams'])
  await streams[0]?.stop()
  streams.push(await watch(third, { token: key }))
  third.deps.lifecycle.drain()
  for (const { ended } of streams) await ended
  expect((await third.request('GET', path, { token: key })).status).toBe(503)
  await third.close()
})

test('streams end where other replicas may have been missed', async () => {
  const stream = await watch(harness)
  const named = await harness.deps.db.ownerPool.query<{ name: string }>('SELECT current_database() AS name')
  const ended = await runOnce(
    inject('superuserUrl'),
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${named.rows[0]?.name}' AND query = 'LISTEN keylease_usage'`,
  )
  expect(ended.rowCount).toBe(2)
  await stream.ended
})
