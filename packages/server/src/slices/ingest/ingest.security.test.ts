import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { newId } from '@keylease/shared/ids'
import { genAi, keylease, usageAttributes } from '@keylease/shared/semconv'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { createHolder, type LeaseHolder, takeLease } from '../../../test/lease-holder'
import { inTenantSql } from '../../platform/tenancy'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const createAgent = () => createHolder(harness)
const lease = async (agent: LeaseHolder) => (await takeLease(harness, agent)).id

type Value = string | number
const toAttributes = (values: Record<string, Value>) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }))

interface SpanFacts {
  spanId?: string
  endedAt?: Date
  attributes?: Record<string, Value>
}

function toSpan(
  leaseId: string,
  sequence: number,
  { spanId = randomBytes(8).toString('hex'), endedAt = new Date(), attributes = {} }: SpanFacts = {},
) {
  const endMs = BigInt(endedAt.getTime())
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId,
    name: 'chat gpt-5-mini',
    kind: 3,
    startTimeUnixNano: String((endMs - 250n) * 1_000_000n),
    endTimeUnixNano: String(endMs * 1_000_000n),
    attributes: toAttributes({
      [keylease.leaseId]: leaseId,
      [keylease.sequence]: sequence,
      [keylease.provider]: 'openai',
      [keylease.operation]: 'chat',
      [keylease.quality]: 'exact',
      [genAi.responseModel]: 'gpt-5-mini',
      [usageAttributes.inputUncached]: 1_000,
      [usageAttributes.outputText]: 100,
      ...attributes,
    }),
  }
}

const toRequest = (...spans: object[]) => ({ resourceSpans: [{ scopeSpans: [{ scope: { name: 'test' }, spans }] }] })

async function send(token: string, body: Buffer | object, headers: Record<string, string> = {}) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  return harness.app.request('/v1/traces', {
    method: 'POST',
    headers: { host: '127.0.0.1', authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: new Uint8Array(bytes),
  })
}

async function summarize(query: string) {
  const from = new Date(Date.now() - 86_400_000).toISOString()
  const response = await harness.request('GET', `/api/v1/usage/summary?from=${from}&${query}`)
  return (await response.json()) as { requests: number; costNanos: string }
}

describe('a call under a lease', () => {
  test('is in the ledger once its report is acknowledged, as the call of the agent that holds the lease', async () => {
    const agent = await createAgent()
    const leaseId = await lease(agent)
    const request = toRequest(toSpan(leaseId, 1), toSpan(leaseId, 2))
    for (let times = 0; times < 3; times++) {
      const response = await send(agent.token, request)
      expect([response.status, await response.json()]).toEqual([200, {}])
    }
    expect(await summarize(`agentId=${agent.agentId}`)).toMatchObject({ requests: 2, costNanos: '900000' })
    expect(await summarize(`keyId=${agent.keyId}&leaseId=${leaseId}`)).toMatchObject({ requests: 2 })
  })

  test('is refused from another agent, of an unknown lease, and when it is older than thirty days; the rest is taken', async () => {
    const [agent, other] = [await createAgent(), await createAgent()]
    const leaseId = await lease(agent)
    const old = toSpan(leaseId, 2, { endedAt: new Date(Date.now() - 31 * 86_400_000) })
    const malformed = toSpan('lse_1', 3)
    const response = await send(
      agent.token,
      toRequest(toSpan(leaseId, 1), toSpan(await lease(other), 1), toSpan(newId('lease'), 1), old, malformed),
    )
    expect(response.status).toBe(200)
    const { partialSuccess } = (await response.json()) as { partialSuccess: { rejectedSpans: string; errorMessage: string } }
    expect(partialSuccess.rejectedSpans).toBe('4')
    expect(partialSuccess.errorMessage).toBe(
      'Not taken: 1 × a record that claims to be a call and lacks its lease, sequence, provider or valid ids; 1 × a call that ended more than 30 days ago; ' +
        '2 × a lease that does not belong to the agent of this credential.',
    )
    expect(await summarize(`agentId=${agent.agentId}`)).toMatchObject({ requests: 1 })
    expect(await summarize(`agentId=${other.agentId}`)).toMatchObject({ requests: 0 })
  })

  test('of a number that another span took ends the lease for both, and both calls count', async () => {
    const agent = await createAgent()
    const leaseId = await lease(agent)
    await send(agent.token, toRequest(toSpan(leaseId, 1)))
    await send(agent.token, toRequest(toSpan(leaseId, 1)))
    expect(await summarize(`leaseId=${leaseId}`)).toMatchObject({ requests: 2 })
    const shown = (await (await harness.request('GET', `/api/v1/leases/${leaseId}`)).json()) as { status: string }
    expect(shown.status).toBe('revoked')
  })

  test('tells how its provider does, once and only while it is news', async () => {
    const agent = await createAgent()
    const leaseId = await lease(agent)
    const told = vi.spyOn(harness.deps.traffic, 'record')
    const late = toSpan(leaseId, 4, { endedAt: new Date(Date.now() - 3_600_000) })
    const answered = toSpan(leaseId, 1, { attributes: { 'http.response.status_code': 200 } })
    const failed = toSpan(leaseId, 2, { attributes: { 'http.response.status_code': 503 } })
    const request = toRequest(answered, failed, toSpan(leaseId, 3, { attributes: { [keylease.status]: 'error' } }), late)
    await send(agent.token, request)
    await send(agent.token, request)
    expect(told.mock.calls.map((call) => call[2])).toEqual(['answered', 'failed', 'unreachable'])
    told.mockRestore()
  })

  test('counts for a lease that ended long ago', async () => {
    const agent = await createAgent()
    const leaseId = await lease(agent)
    await harness.request('DELETE', `/v1/leases/${leaseId}`, { token: agent.token, body: { lastSequence: 1 } })
    await send(agent.token, toRequest(toSpan(leaseId, 1)))
    expect(await summarize(`leaseId=${leaseId}`)).toMatchObject({ requests: 1 })
  })

  test('from a clock that runs ahead is taken as of now', async () => {
    const agent = await createAgent()
    const leaseId = await lease(agent)
    await send(agent.token, toRequest(toSpan(leaseId, 1, { endedAt: new Date(Date.now() + 3_600_000) })))
    expect(await summarize(`leaseId=${leaseId}&to=${new Date().toISOString()}`)).toMatchObject({ requests: 1 })
  })
})

describe('the receiver', () => {
  test('takes gzip and zstd, refuses what does not inflate, and stops at its cap before it has inflated a bomb', async () => {
    const agent = await createAgent()
    const leaseId = await lease(agent)
    const body = (sequence: number) => Buffer.from(JSON.stringify(toRequest(toSpan(leaseId, sequence))))
    expect((await send(agent.token, gzipSync(body(1)), { 'content-encoding': 'gzip' })).status).toBe(200)
    expect((await send(agent.token, zstdCompressSync(body(2)), { 'content-encoding': 'zstd' })).status).toBe(200)
    expect((await send(agent.token, gzipSync(body(3)).subarray(0, 40), { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await send(agent.token, body(3), { 'content-encoding': 'br' })).status).toBe(415)
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024))
    expect((await send(agent.token, bomb, { 'content-encoding': 'gzip' })).status).toBe(413)
    expect(await summarize(`leaseId=${leaseId}`)).toMatchObject({ requests: 2 })
  })

  test('answers in the content type of the request, errors too', async () => {
    const agent = await createAgent()
    const protobuf = { 'content-type': 'application/x-protobuf' }
    const empty = await send(agent.token, Buffer.alloc(0), protobuf)
    expect([empty.status, empty.headers.get('content-type'), (await empty.arrayBuffer()).byteLength]).toEqual([
      200,
      'application/x-protobuf',
      0,
    ])
    const broken = await send(agent.token, Buffer.from([0x0a, 0xff]), protobuf)
    expect([broken.status, broken.headers.get('content-type')]).toEqual([400, 'application/x-protobuf'])
    expect(Buffer.from(await broken.arrayBuffer()).toString()).toContain('The body is not OTLP')
    const json = await send(agent.token, Buffer.from('[1]'))
    expect([json.status, await json.json()]).toMatchObject([400, { message: 'The body is not OTLP: the body is not a JSON object.' }])
    expect((await send(agent.token, Buffer.from('x'), { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await harness.app.request('/v1/traces', { headers: { host: '127.0.0.1' } })).status).toBe(405)
  })

  test('asks for a key that may report', async () => {
    const { key } = await harness.issueKey({ scopes: ['read'] })
    expect((await send(key, toRequest())).status).toBe(403)
    expect((await send(randomBytes(32).toString('base64url'), toRequest())).status).toBe(401)
    expect((await send((await harness.issueKey({ scopes: ['ingest'] })).key, toRequest())).status).toBe(200)
  })

  test('reads what the OpenTelemetry SDK writes as protobuf', async () => {
    const agent = await createAgent()
    const leaseId = await lease(agent)
    const { url, close } = await harness.listen()
    const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces`, headers: { authorization: `Bearer ${agent.token}` } })
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
    const span = provider.getTracer('test').startSpan('chat gpt-5-mini')
    span.setAttributes({ [keylease.leaseId]: leaseId, [keylease.sequence]: 1, [keylease.provider]: 'openai', [keylease.quality]: 'exact' })
    span.setAttributes({ [genAi.responseModel]: 'gpt-5-mini', [usageAttributes.inputUncached]: 2_000, [keylease.tags]: ['a', 'b'] })
    span.end()
    await provider.shutdown()
    await close()
    expect(await summarize(`leaseId=${leaseId}&tag=b`)).toMatchObject({ requests: 1, costNanos: '500000' })
  })

  test('keeps no key that an upstream sent back', async () => {
    const agent = await createAgent()
    const leaseId = await lease(agent)
    const key = 'sk-proj-canary0123456789canary0123456789'
    const attributes = { 'error.type': `bad ${key}`, [keylease.raw]: JSON.stringify({ note: key }) }
    await send(agent.token, toRequest(toSpan(leaseId, 1, { attributes })))
    const found = await inTenantSql(harness.deps.db.appPool, harness.organizationId, (client) =>
      client.query('SELECT error_type, raw_usage FROM usage_event WHERE lease_id = $1', [leaseId]),
    )
    expect(found.rowCount).toBe(1)
    expect(JSON.stringify(found.rows)).not.toContain('canary')
  })

  test('takes hostile names and depths as data', async () => {
    const agent = await createAgent()
    const leaseId = await lease(agent)
    const span = toSpan(leaseId, 1, { attributes: { ['__proto__']: 'x', constructor: 'y' } })
    let deep: object = { stringValue: 'x' }
    for (let depth = 0; depth < 500; depth++) deep = { arrayValue: { values: [deep] } }
    const request = toRequest({ ...span, attributes: [{ key: 'deep', value: deep }, ...span.attributes] })
    expect((await send(agent.token, request)).status).toBe(200)
    expect(await summarize(`leaseId=${leaseId}`)).toMatchObject({ requests: 1 })
    expect(({} as { x?: string }).x).toBeUndefined()
  })
})
