import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRoutes } from '../src/app'
import { findSecrets } from './canary'
import { createHarness, type Harness } from './harness'

let harness: Harness
const metricsToken = `metrics-${randomBytes(24).toString('hex')}`
const strayed = `sk-canary-${randomBytes(24).toString('hex')}`
const answers: string[] = []

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_METRICS_TOKEN: metricsToken })
})
afterAll(() => harness.close())

it('no secret, and nothing that strayed into a request, is found in an answer, a log line or a table', async () => {
  for (const { endpoint } of createRoutes(harness.deps)) {
    for (const target of [endpoint.path.replace(/\{\w+\}/g, strayed), `${endpoint.path.replace(/\{\w+\}/g, 'absent')}?token=${strayed}`]) {
      await keep(endpoint.method, target, { headers: { cookie: `session=${strayed}`, 'x-api-key': strayed, 'user-agent': 'canary' } })
      await keep(endpoint.method, target, { token: strayed })
      await keep(endpoint.method, target, { headers: { 'idempotency-key': `${strayed} ` } })
      if (endpoint.method === 'GET') continue
      await keep(endpoint.method, target, { body: { [strayed]: 1 } })
      await keep(endpoint.method, target, { body: { name: { value: strayed } } })
      await keep(endpoint.method, target, { body: `{"name": ${strayed}` })
      await keep(endpoint.method, target, { body: `{"${strayed}": 1, "${strayed}": 2}` })
      await keep(endpoint.method, target, { body: strayed, headers: { 'content-type': strayed } })
    }
  }
  await keep('GET', '/metrics', { token: metricsToken })
  await keep('POST', '/api/v1/projects', { body: { name: 'checkout' } })

  const secrets = [strayed, metricsToken, harness.token, ...(await listInstanceSecrets())]
  expect(findSecrets(answers.join('\n'), secrets)).toEqual([])
  expect(findSecrets(harness.logLines.join('\n'), secrets)).toEqual([])
  expect(findSecrets(await dumpDatabase(), secrets)).toEqual([])
})

it('the search finds a secret in each of its disguises', () => {
  for (const disguise of [
    strayed,
    Buffer.from(strayed).toString('base64'),
    Buffer.from(strayed).toString('hex'),
    `x${Buffer.from(`ab${strayed}`).toString('base64url')}`,
    encodeURIComponent(`${strayed}`),
  ]) {
    expect(findSecrets(`something ${disguise} something`, [strayed])).toHaveLength(1)
  }
})

async function keep(...call: Parameters<Harness['request']>): Promise<void> {
  const response = await harness.request(...call)
  answers.push(`${call[0]} ${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`)
}

async function listInstanceSecrets(): Promise<Buffer[]> {
  const { keyring } = harness.deps
  return (['pepper', 'idempotency'] as const).map((purpose) => keyring.current(purpose).key)
}

async function dumpDatabase(): Promise<string> {
  const { ownerPool } = harness.deps.db
  const tables = await ownerPool.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`,
  )
  const dumps: string[] = []
  for (const { name } of tables.rows) {
    await ownerPool.query(`ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`)
    const rows = await ownerPool.query<{ row: unknown }>(`SELECT to_jsonb(t) AS row FROM ${name} t`)
    dumps.push(`${name} ${JSON.stringify(rows.rows)}`)
  }
  expect(dumps.join('\n')).toContain('checkout')
  return dumps.join('\n')
}
