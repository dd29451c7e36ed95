import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRoutes } from '../src/app'
import { keyPurposes } from '../src/platform/keyring'
import { createOutbound } from '../src/platform/outbound'
import { startTelemetry, type Telemetry } from '../src/platform/telemetry'
import { readAnswer } from './answer'
import { dumpDatabase, findSecrets } from './canary'
import { createTestClock } from './clock'
import { createCollector } from './collector'
import { newSecret } from './factories'
import { acts, createFakeProvider, type FakeProvider } from './fake-provider'
import { createHarness, type Harness } from './harness'
import { keysPath } from './provider-keys'

let harness: Harness
let collector: Awaited<ReturnType<typeof createCollector>>
let telemetry: Telemetry
const clock = createTestClock()
let provider: FakeProvider
const providerKeys: string[] = []
const metricsToken = `metrics-${randomBytes(24).toString('hex')}`
const strayed = `sk-canary-${randomBytes(24).toString('hex')}`
const answers: string[] = []

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_METRICS_TOKEN: metricsToken, KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' }, clock)
  provider = await createFakeProvider()
  collector = await createCollector()
  telemetry = await startTelemetry(collector.url, 'canary')
  await harness.deps.outbound.close()
  const patient = { sleep: async () => undefined }
  Object.assign(harness.deps, { outbound: createOutbound(harness.deps.env, { ports: [], databasePorts: [5432] }, patient) })
})
afterAll(async () => {
  await harness.close()
  await provider.close()
  await collector.close()
})

it('no secret, and nothing that strayed into a request, is found in an answer, a log line, a span or a table', async () => {
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

  for (const act of Array.from({ length: 25 }, (_, index) => upstreamActs[index % upstreamActs.length])) if (act) await useProviderKey(act)

  await harness.deps.security.flush()
  expect(providerKeys.length).toBeGreaterThanOrEqual(50)
  const secrets = [strayed, ...providerKeys, metricsToken, harness.token, ...(await listInstanceSecrets())]
  expect(findSecrets(answers.join('\n'), secrets)).toEqual([])
  expect(findSecrets(harness.logLines.join('\n'), secrets)).toEqual([])
  const tables = await dumpDatabase(harness.deps.db)
  expect(tables).toContain('checkout')
  expect(findSecrets(tables, secrets)).toEqual([])
  await telemetry.stop()
  expect(collector.readAll()).toContain('/api/v1/projects/{projectId}')
  expect(findSecrets(collector.readAll(), secrets)).toEqual([])
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

/** Each way in which an upstream answers, and one that repeats the key wherever it can. */
const upstreamActs = [
  ...[acts.accept, acts.reject, acts.restrict, acts.exhaust, acts.limit, acts.fail, acts.garble, acts.redirect, acts.drop, acts.break],
  ((request, response) => {
    const key = String(request.headers.authorization).slice(7)
    const headers = { 'openai-organization': key, 'x-ratelimit-limit-requests': key.slice(0, 40), location: `https://x/${key}` }
    response.writeHead(200, { ...headers, [key.slice(0, 40)]: key }).end(JSON.stringify({ data: [key], error: { code: key, type: key } }))
  }) satisfies typeof acts.accept,
]

/** Two provider keys through every route that takes one, and every refusal that could repeat one. */
async function useProviderKey(act: (typeof upstreamActs)[number]): Promise<void> {
  const token = harness.createCredential({ organizationId: harness.organizationId, role: 'owner' })
  const [key, next] = [newSecret(), newSecret()]
  providerKeys.push(key, next)
  for (const one of [key, next]) provider.answer(one, act)
  const stored = { provider: 'openai', name: 'canary', key, baseUrl: provider.baseUrl }
  for (const wrong of [
    { provider: key },
    { baseUrl: `https://${key}@example.com` },
    { baseUrl: `http://10.0.0.1:5432/${key}` },
    { key: ` ${key}` },
    { tags: key },
  ]) {
    await keep('POST', keysPath, { token, body: { ...stored, ...wrong } })
  }
  const created = await keep('POST', keysPath, { token, body: { ...stored, verify: true }, headers: { 'idempotency-key': 'once' } })
  const id = (JSON.parse(created) as { id: string }).id
  await keep('POST', keysPath, { token, body: { ...stored, verify: true }, headers: { 'idempotency-key': 'once' } })
  await keep('POST', keysPath, { token, body: stored })
  const path = `${keysPath}/${id}`
  await keep('PATCH', path, { token, body: { status: key } })
  await keep('PUT', `${path}/rotate`, { token, body: { key: next, drainSeconds: next } })
  await keep('PUT', `${path}/rotate`, { token, body: { key: next } })
  await keep('PUT', `${path}/rotate`, { token, body: { key: next, force: true } })
  for (const verb of ['verify', 'reveal', 'restore']) await keep('POST', `${path}/${verb}`, { token })
  for (const body of [{}, { model: key }, { model: key.slice(8, 40) }]) await keep('POST', `${path}/test`, { token, body })
  for (const view of ['', '/probes', '/health', '/impact', `?search=${key}`]) await keep('GET', `${path}${view}`, { token })
  await keep('GET', `${keysPath}?search=${key}`, { token })
  await keep('POST', `${path}/revoke`, { token, body: { inFlight: key } })
  await keep('POST', `${path}/revoke`, { token, body: {} })
  await keep('DELETE', path, { token })
}

/** The clock moves on meanwhile, so that no request is refused for being one too many. */
async function keep(...call: Parameters<Harness['request']>): Promise<string> {
  clock.advance(1_000)
  const response = await harness.request(...call)
  const body = await readAnswer(response)
  answers.push(`${call[0]} ${response.status} ${JSON.stringify([...response.headers])} ${body}`)
  return body
}

async function listInstanceSecrets(): Promise<Buffer[]> {
  const { keyring } = harness.deps
  return keyPurposes.map((purpose) => keyring.current(purpose).key)
}
