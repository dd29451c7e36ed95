import { randomBytes } from 'node:crypto'
import { genAi } from '@keylease/shared/semconv'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { createHolder, takeLease } from '../../../test/lease-holder'
import { inTenantSql } from '../../platform/tenancy'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

type Values = Record<string, string | number>

const toAttributes = (values: Values) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { doubleValue: value },
  }))

interface SpanFacts {
  attributes?: Values
  endedAt?: Date
}

function toSpan({ attributes = {}, endedAt = new Date() }: SpanFacts = {}) {
  const endMs = BigInt(endedAt.getTime())
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: 'chat gpt-5-mini',
    kind: 3,
    startTimeUnixNano: String((endMs - 250n) * 1_000_000n),
    endTimeUnixNano: String(endMs * 1_000_000n),
    attributes: toAttributes({
      [genAi.operationName]: 'chat',
      [genAi.providerName]: 'openai',
      [genAi.requestModel]: 'gpt-5-mini',
      [genAi.inputTokens]: 1_000,
      'gen_ai.usage.output_tokens': 100,
      ...attributes,
    }),
  }
}

const toRequest = (resource: Values, spans: object[], scope: Values = { name: 'test.scope' }) => ({
  resourceSpans: [{ resource: { attributes: toAttributes(resource) }, scopeSpans: [{ scope, spans }] }],
})

const send = (token: string, resource: Values, spans: object[] = [toSpan()], scope?: Values) =>
  harness.request('POST', '/v1/traces', { token, body: toRequest(resource, spans, scope) })

async function post(path: string, body: object, token = harness.token): Promise<{ id: string }> {
  const response = await harness.request('POST', path, { token, body })
  expect(response.status, await response.clone().text()).toBe(201)
  return (await response.json()) as { id: string }
}

async function createCollector(): Promise<{ organizationId: string; owner: string; key: string }> {
  const organizationId = await harness.createTenant()
  const owner = harness.createCredential({ organizationId, role: 'owner' })
  return { organizationId, owner, key: (await harness.issueKey({ organizationId, scopes: ['ingest'] })).key }
}

async function createOwned(token: string, name: string) {
  const { id: teamId } = await post('/api/v1/teams', { name: `team of ${name}` }, token)
  const { id: projectId } = await post('/api/v1/projects', { name: `project of ${name}`, teamId, environment: 'production' }, token)
  const { id: agentId } = await post('/api/v1/agents', { name, projectId }, token)
  return { teamId, projectId, agentId }
}

const addRule = (token: string, attribute: string, pattern: string, assign: object, position = 100) =>
  post('/api/v1/attribution-rules', { name: pattern, attribute, pattern, assign, position }, token)

interface EventRow {
  agentId: string | null
  projectId: string | null
  teamId: string | null
  memberId: string | null
  environment: string | null
  costNanos: string | null
  reportedNanos: string | null
}

const readEvents = (organizationId: string) =>
  inTenantSql(harness.deps.db.appPool, organizationId, async (client) => {
    const found = await client.query<EventRow>(
      `SELECT agent_id AS "agentId", project_id AS "projectId", team_id AS "teamId", member_id AS "memberId", environment,
         cost_nanos::text AS "costNanos", reported_nanos::text AS "reportedNanos" FROM usage_event ORDER BY id DESC`,
    )
    return found.rows
  })

const nobody = { agentId: null, projectId: null, teamId: null, memberId: null, environment: null }

describe('the key of an agent', () => {
  test('reports the calls of that agent, whatever attributes and rules say', async () => {
    const { organizationId, owner } = await createCollector()
    const [own, other] = [await createOwned(owner, 'own'), await createOwned(owner, 'other')]
    await addRule(owner, 'service.name', '*', { agentId: other.agentId })
    const { key } = await harness.issueKey({ organizationId, scopes: ['ingest'], agentId: own.agentId })
    await send(key, { 'service.name': 'other', 'keylease.agent_id': other.agentId }, [
      toSpan({ attributes: { 'gen_ai.agent.id': other.agentId } }),
    ])
    expect(await readEvents(organizationId)).toMatchObject([{ ...own, environment: 'production' }])
  })
})

describe('the key of a collector', () => {
  test('reports calls of nobody until a rule says whose they are', async () => {
    const { organizationId, owner, key } = await createCollector()
    const { agentId, projectId, teamId } = await createOwned(owner, 'checkout')
    await send(key, { 'service.name': 'checkout', 'gen_ai.agent.id': agentId })
    expect(await readEvents(organizationId)).toMatchObject([nobody])
    await addRule(owner, 'service.name', 'check*t', { agentId })
    await send(key, { 'service.name': 'checkout' })
    expect((await readEvents(organizationId))[0]).toMatchObject({ agentId, projectId, teamId, environment: 'production' })
    await send(key, { 'service.name': 'checkout-2' })
    expect((await readEvents(organizationId))[0]).toMatchObject(nobody)
  })

  test('has each field filled by the first rule that knows it', async () => {
    const { organizationId, owner, key } = await createCollector()
    const [one, two] = [await createOwned(owner, 'one'), await createOwned(owner, 'two')]
    const { memberId, email } = await harness.createPerson({ organizationId, role: 'user' })
    await addRule(owner, 'service.name', '*', { agentId: two.agentId }, 20)
    await addRule(owner, 'service.name', 'a*', { projectId: one.projectId }, 10)
    await addRule(owner, 'user.email', '*@*', { from: 'value', as: 'member' }, 30)
    await send(key, { 'service.name': 'abc' }, [toSpan({ attributes: { 'user.email': email.toUpperCase() } })])
    expect((await readEvents(organizationId))[0]).toMatchObject({
      agentId: two.agentId,
      projectId: one.projectId,
      teamId: one.teamId,
      memberId,
    })
  })

  test('names no one by a word that several have, that is deleted, or that is of another tenant', async () => {
    const { organizationId, owner, key } = await createCollector()
    const foreign = await createOwned(harness.token, 'foreign')
    const { id: ruleId } = await addRule(owner, 'agent', '*', { from: 'value', as: 'agent' })
    const [gone] = [await createOwned(owner, 'gone'), await createOwned(owner, 'twin'), await createOwned(owner, 'twin')]
    await harness.request('DELETE', `/api/v1/agents/${gone.agentId}`, { token: owner })
    const words = ['twin', 'gone', gone.agentId, foreign.agentId, 'foreign', "'; DROP TABLE agent --", '%', '*']
    for (const agent of words) await send(key, { agent })
    expect(await readEvents(organizationId)).toMatchObject(words.map(() => nobody))
    for (const assign of [{ agentId: foreign.agentId }, { projectId: foreign.projectId }, { teamId: foreign.teamId }]) {
      const refused = [
        await harness.request('PATCH', `/api/v1/attribution-rules/${ruleId}`, { token: owner, body: { assign } }),
        await harness.request('POST', '/api/v1/attribution-rules', {
          token: owner,
          body: { name: 'x', attribute: 'x', pattern: '*', assign },
        }),
      ]
      expect(refused.map(({ status }) => status)).toEqual([404, 404])
    }
  })

  test('loses what a rule gave once its target is deleted, and hears of changed rules on every replica', async () => {
    const { organizationId, owner, key } = await createCollector()
    const other = await harness.openReplica()
    const { agentId } = await createOwned(owner, 'bot')
    const sendThere = () =>
      other
        .request('POST', '/v1/traces', { token: key, body: toRequest({ 'service.name': 'bot' }, [toSpan()]) })
        .then(() => readEvents(organizationId))
    expect((await sendThere())[0]).toMatchObject(nobody)
    await addRule(owner, 'service.name', 'bot', { agentId })
    await vi.waitFor(async () => expect((await sendThere())[0]).toMatchObject({ agentId }), { interval: 20, timeout: 5_000 })
    await harness.request('DELETE', `/api/v1/agents/${agentId}`, { token: owner })
    expect((await sendThere())[0]).toMatchObject(nobody)
    await other.close()
  })
})

test('a key that may only read, or that belongs to an ended agent, reports nothing', async () => {
  const holder = await createHolder(harness)
  expect((await send((await harness.issueKey({ scopes: ['read', 'write'] })).key, {})).status).toBe(403)
  await harness.request('DELETE', `/api/v1/agents/${holder.agentId}`)
  await vi.waitFor(async () => expect((await send(holder.token, {})).status).toBe(401), { interval: 20 })
})

test('a reported cost is kept, and is the cost only where the organization trusts the scope that tells it', async () => {
  const { organizationId, owner, key } = await createCollector()
  const costly = () => [toSpan({ attributes: { 'gen_ai.usage.cost': 0.5 } })]
  await send(key, {}, costly(), { name: '@acme/llm', version: '2.0.1' })
  expect((await readEvents(organizationId))[0]).toMatchObject({ costNanos: '450000', reportedNanos: '500000000' })
  const body = { trustedCostScopes: ['@acme/llm'] }
  expect((await harness.request('PATCH', '/api/v1/settings', { token: owner, body })).status).toBe(200)
  await vi.waitFor(
    async () => {
      await send(key, {}, costly(), { name: '@acme/llm', version: '2.0.1' })
      expect((await readEvents(organizationId))[0]).toMatchObject({ costNanos: '500000000', reportedNanos: '500000000' })
    },
    { interval: 20, timeout: 5_000 },
  )
  await send(key, {}, costly(), { name: '@acme/llm-other' })
  expect((await readEvents(organizationId))[0]).toMatchObject({ costNanos: '450000' })
})

test('calls without a price are taken with a warning that names their models, five at most', async () => {
  const { organizationId, key } = await createCollector()
  const spans = Array.from({ length: 7 }, (_, i) => toSpan({ attributes: { [genAi.requestModel]: `model-of-tomorrow-${i}` } }))
  const response = await send(key, {}, [...spans, toSpan()])
  const { partialSuccess } = (await response.json()) as { partialSuccess: { rejectedSpans?: string; errorMessage: string } }
  expect(partialSuccess.rejectedSpans).toBeUndefined()
  expect(partialSuccess.errorMessage).toMatch(
    /^Taken without a price: (openai model-of-tomorrow-\d, ){4}openai model-of-tomorrow-\d and 2 more\./,
  )
  expect(await readEvents(organizationId)).toHaveLength(8)
})

test('what tells of no call is dropped without a word, what is too old is refused, and a clock ahead is now', async () => {
  const { organizationId, key } = await createCollector()
  const plain = { ...toSpan(), attributes: toAttributes({ 'http.request.method': 'GET' }) }
  expect(await (await send(key, {}, [plain])).json()).toEqual({})
  const old = toSpan({ endedAt: new Date(Date.now() - 31 * 86_400_000) })
  const refused = (await (await send(key, {}, [old, toSpan({ endedAt: new Date(Date.now() + 3_600_000) })])).json()) as object
  expect(refused).toEqual({
    partialSuccess: { rejectedSpans: '1', errorMessage: 'Not taken: 1 × a call that ended more than 30 days ago.' },
  })
  expect(await readEvents(organizationId)).toHaveLength(1)
})

test('the same batch again, and batches that overlap, change nothing', async () => {
  const { organizationId, owner, key } = await createCollector()
  const spans = Array.from({ length: 6 }, () => toSpan())
  await Promise.all([send(key, {}, spans), send(key, {}, spans.slice(2)), send(key, {}, spans.slice(0, 4))])
  await send(key, {}, spans)
  const from = new Date(Date.now() - 86_400_000).toISOString()
  const summary = await (await harness.request('GET', `/api/v1/usage/summary?from=${from}`, { token: owner })).json()
  expect(summary).toMatchObject({ requests: 6, costNanos: '2700000' })
  expect(await readEvents(organizationId)).toHaveLength(6)
})

test('hostile attributes are data', async () => {
  const { organizationId, owner, key } = await createCollector()
  await addRule(owner, '__proto__', '*', { from: 'value', as: 'agent' })
  await addRule(owner, 'service.name', '*a*a*a*a*a*a*a*a*b', { from: 'value', as: 'project' })
  const started = process.cpuUsage()
  const response = await send(key, { ['__proto__']: 'x', constructor: 'y', 'service.name': 'a'.repeat(200) })
  expect(response.status).toBe(200)
  expect(process.cpuUsage(started).user / 1_000).toBeLessThan(1_000)
  expect(await readEvents(organizationId)).toMatchObject([nobody])
})

test('a call under a lease bills what an instrumentation tells of the same response', async () => {
  const holder = await createHolder(harness)
  const { id: leaseId } = await takeLease(harness, holder)
  const responseId = `chatcmpl-${randomBytes(8).toString('hex')}`
  const observed = toSpan({ attributes: { [genAi.responseId]: responseId } })
  const leased = toSpan({
    attributes: {
      'keylease.lease.id': leaseId,
      'keylease.lease.sequence': 1,
      'keylease.provider': 'openai',
      'keylease.quality': 'exact',
      [genAi.responseModel]: 'gpt-5-mini',
      [genAi.responseId]: responseId,
    },
  })
  await send(holder.token, {}, [observed])
  await send(holder.token, {}, [leased])
  const from = new Date(Date.now() - 86_400_000).toISOString()
  const summary = await (await harness.request('GET', `/api/v1/usage/summary?from=${from}&agentId=${holder.agentId}`)).json()
  expect(summary).toMatchObject({ requests: 1 })
})
