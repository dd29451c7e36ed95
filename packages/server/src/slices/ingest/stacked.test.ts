import { randomBytes } from 'node:crypto'
import { genAi, keylease, usageAttributes } from '@keylease/shared/semconv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { createHolder, takeLease } from '../../../test/lease-holder'
import { inTenantSql } from '../../platform/tenancy'
import { lockLedger } from '../usage/ledger-lock'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

type Values = Record<string, string | number>

interface Told {
  scope: string
  name: string
  kind?: number
  /** Its place in the list; absent at the root. */
  parent?: number
  attributes: Values
}

const chat: Values = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-5-mini' }
const use: Values = { 'gen_ai.usage.input_tokens': 1_000, 'gen_ai.usage.output_tokens': 100 }
const aiUse: Values = { 'ai.usage.inputTokens': 1_000, 'ai.usage.outputTokens': 100 }
const openai: Omit<Told, 'parent'> = {
  scope: '@traceloop/instrumentation-openai',
  name: 'openai.chat',
  kind: 3,
  attributes: { ...chat, ...use, 'gen_ai.response.model': 'gpt-5-mini-2025-08-07', 'gen_ai.response.id': 'chatcmpl-1' },
}

/** What telemetry calls stacked: several spans that tell the use of one call. The last that tells it bills. */
const scenes: Record<string, Told[]> = {
  'the Vercel AI SDK over an instrumented OpenAI client': [
    {
      scope: 'ai',
      name: 'ai.generateText',
      attributes: { 'ai.operationId': 'ai.generateText', 'ai.model.id': 'gpt-5-mini', 'ai.model.provider': 'openai.chat', ...aiUse },
    },
    {
      scope: 'ai',
      name: 'ai.generateText.doGenerate',
      parent: 0,
      attributes: {
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.model.id': 'gpt-5-mini',
        'ai.model.provider': 'openai.chat',
        'ai.response.id': 'chatcmpl-1',
        ...aiUse,
        ...use,
      },
    },
    { ...openai, parent: 1 },
  ],
  'LangChain over an instrumented OpenAI client': [
    { scope: 'openinference.instrumentation.langchain', name: 'AgentExecutor', attributes: { 'openinference.span.kind': 'AGENT' } },
    {
      scope: 'openinference.instrumentation.langchain',
      name: 'ChatOpenAI',
      parent: 0,
      attributes: {
        'openinference.span.kind': 'LLM',
        'llm.model_name': 'gpt-5-mini',
        'llm.provider': 'openai',
        'llm.token_count.prompt': 1_000,
        'llm.token_count.completion': 100,
      },
    },
    { scope: 'app', name: 'retry', parent: 1, attributes: {} },
    { ...openai, parent: 2 },
  ],
  'a client, the LiteLLM proxy that it calls, and the raw request of that': [
    { ...openai },
    { scope: '@opentelemetry/instrumentation-http', name: 'POST', kind: 3, parent: 0, attributes: { 'http.request.method': 'POST' } },
    { scope: 'litellm', name: 'Received Proxy Server Request', kind: 2, parent: 1, attributes: {} },
    {
      scope: 'litellm',
      name: 'litellm_request',
      parent: 2,
      attributes: {
        ...chat,
        ...use,
        'gen_ai.response.id': 'chatcmpl-1',
        'llm.is_streaming': 'False',
        'gen_ai.response.model': 'gpt-5-mini-2025-08-07',
      },
    },
    { scope: 'litellm', name: 'raw_gen_ai_request', parent: 3, attributes: { 'llm.openai.model': 'gpt-5-mini' } },
  ],
  'an agent that runs elsewhere, with nothing below it': [
    { scope: 'app', name: 'POST /ask', kind: 2, attributes: {} },
    {
      scope: 'azure.ai.agents',
      name: 'invoke_agent helper',
      kind: 3,
      parent: 0,
      attributes: { ...chat, ...use, 'gen_ai.operation.name': 'invoke_agent' },
    },
  ],
}

const toAttributes = (values: Values) =>
  Object.entries(values).map(([key, value]) => ({ key, value: typeof value === 'string' ? { stringValue: value } : { intValue: value } }))

function toBodies(told: readonly Told[]): { spanId: string; body: object }[] {
  const traceId = randomBytes(16).toString('hex')
  const spanIds = told.map(() => randomBytes(8).toString('hex'))
  const endNanos = BigInt(Date.now()) * 1_000_000n
  return told.map(({ scope, name, kind = 1, parent, attributes }, i) => {
    const times = { startTimeUnixNano: String(endNanos - 250_000_000n), endTimeUnixNano: String(endNanos) }
    const span = { traceId, spanId: spanIds[i], name, kind, ...times, attributes: toAttributes(attributes) }
    const above = parent === undefined ? {} : { parentSpanId: spanIds[parent] }
    return { spanId: spanIds[i] ?? '', body: { scopeSpans: [{ scope: { name: scope }, spans: [{ ...span, ...above }] }] } }
  })
}

async function readBilled(organizationId: string): Promise<string[]> {
  const found = await inTenantSql(harness.deps.db.appPool, organizationId, (client) =>
    client.query<{ spanId: string }>(`SELECT encode(span_id, 'hex') AS "spanId" FROM usage_event WHERE linked_to IS NULL`),
  )
  return found.rows.map(({ spanId }) => spanId)
}

async function report(token: string, resourceSpans: object[]): Promise<void> {
  const response = await harness.request('POST', '/v1/traces', { token, body: { resourceSpans } })
  expect([response.status, await response.json()]).toEqual([200, {}])
}

const orders: Record<string, (bodies: object[]) => object[][]> = {
  'in one batch': (bodies) => [bodies],
  'one by one as they end': (bodies) => bodies.toReversed().map((one) => [one]),
  'one by one as they start': (bodies) => bodies.map((one) => [one]),
}

test.each(Object.entries(scenes))('%s is billed once, whichever part comes first', async (_, told) => {
  for (const [order, cut] of Object.entries(orders)) {
    const organizationId = await harness.createTenant()
    const { key } = await harness.issueKey({ organizationId, scopes: ['ingest'] })
    const bodies = toBodies(told)
    const batches = cut(bodies.map(({ body }) => body))
    for (const resourceSpans of [...batches, ...batches]) await report(key, resourceSpans)
    const billed = told.findLastIndex(({ attributes }) => attributes['gen_ai.usage.input_tokens'] !== undefined)
    expect(await readBilled(organizationId), order).toEqual([bodies[billed]?.spanId])
  }
})

test.each(Object.entries(orders))('a framework over a call under a lease is billed as that call, %s', async (_, cut) => {
  const holder = await createHolder(harness)
  const { id: leaseId } = await takeLease(harness, holder)
  const leased = {
    ...{ [keylease.leaseId]: leaseId, [keylease.sequence]: 1, [keylease.provider]: 'openai', [keylease.quality]: 'exact' },
    ...{ [genAi.responseModel]: 'gpt-5-mini-2025-08-07', [genAi.responseId]: 'chatcmpl-leased' },
    ...{ [usageAttributes.inputUncached]: 1_000, [usageAttributes.outputText]: 100 },
  }
  const bodies = toBodies([
    {
      scope: 'ai',
      name: 'ai.generateText.doGenerate',
      attributes: {
        ...aiUse,
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.model.id': 'gpt-5-mini',
        'ai.model.provider': 'openai.chat',
      },
    },
    { scope: 'app', name: 'retry', parent: 0, attributes: {} },
    { scope: '@keylease/sdk', name: 'chat gpt-5-mini', kind: 3, parent: 1, attributes: leased },
  ])
  const batches = cut(bodies.map(({ body }) => body))
  for (const resourceSpans of [...batches, ...batches]) await report(holder.token, resourceSpans)
  const found = await inTenantSql(harness.deps.db.appPool, harness.organizationId, (client) =>
    client.query<{ leaseId: string | null }>(
      `SELECT b.lease_id AS "leaseId" FROM usage_event e LEFT JOIN usage_event b ON b.id = e.linked_to WHERE e.agent_id = $1 ORDER BY 1`,
      [holder.agentId],
    ),
  )
  expect(found.rows).toEqual([{ leaseId }, { leaseId: null }])
})

describe('traffic that is not about models', () => {
  const http: Omit<Told, 'parent'> = {
    scope: '@opentelemetry/instrumentation-http',
    name: 'GET',
    attributes: { 'http.request.method': 'GET' },
  }
  const sentry = { scope: '@sentry/node', name: 'db', attributes: { 'sentry.origin': 'auto.db' } }
  const plain = [http, { ...http, parent: 0 }, { ...sentry, parent: 1 }]

  const countTraces = async (organizationId: string) => {
    const found = await inTenantSql(harness.deps.db.appPool, organizationId, (client) => client.query('SELECT FROM usage_trace'))
    return found.rowCount
  }
  const open = async () => {
    const organizationId = await harness.createTenant()
    const { key } = await harness.issueKey({ organizationId, scopes: ['ingest'] })
    return { organizationId, key }
  }

  test('waits for no ledger and leaves nothing behind', async () => {
    const { organizationId, key } = await open()
    await inTenantSql(harness.deps.db.appPool, organizationId, async (client) => {
      await lockLedger(client, organizationId, 'exclusive')
      await report(
        key,
        toBodies(plain).map(({ body }) => body),
      )
    })
    expect(await countTraces(organizationId)).toBe(0)
  })

  test.each([
    ['a call in the same request', { ...openai, parent: 1 }],
    ['a chain that tells of no use', { scope: 'app', name: 'chain', parent: 1, attributes: { 'traceloop.span.kind': 'workflow' } }],
    ['a span of an instrumentation of models', { scope: 'litellm', name: 'proxy_pre_call', parent: 1, attributes: {} }],
  ])('is kept beside %s', async (_, told) => {
    const { organizationId, key } = await open()
    const bodies = toBodies([http, { ...http, parent: 0 }, told]).map(({ body }) => body)
    await report(key, bodies)
    expect(await countTraces(organizationId)).toBe(1)
  })

  test('is kept where a call of its trace came before it', async () => {
    const { organizationId, key } = await open()
    const [above, between, call] = toBodies([http, { ...http, parent: 0 }, { ...openai, parent: 1 }]).map(({ body }) => body)
    if (!above || !between || !call) throw new Error('a scene has three spans')
    await report(key, [call])
    expect(await countTraces(organizationId)).toBe(0)
    await report(key, [between])
    expect(await countTraces(organizationId)).toBe(1)
  })
})
