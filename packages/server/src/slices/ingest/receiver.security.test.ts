import { once } from 'node:events'
import { type IncomingMessage, request as openRequest } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { createHolder, takeLease } from '../../../test/lease-holder'
import { manySpans, toKeyValues, toLeasedSpan, toLogs, toSpan, toTraces } from '../../../test/otlp-spans'
import { toProtobuf } from '../../../test/otlp-wire'
import { createApp } from '../../app'
import { readEnv } from '../../env'
import { type HttpServer, openHttpServer } from '../../platform/http-server'
import { inTenantSql } from '../../platform/tenancy'
import { createIntake } from './intake'

const origin = 'https://app.example.com'
const signals = ['traces', 'logs', 'metrics'] as const
const json = { 'content-type': 'application/json' }
const protobuf = { 'content-type': 'application/x-protobuf' }

let harness: Harness
let ingestKey: string
beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_OTLP_ORIGINS: `${origin}, https://other.example.com` })
  ingestKey = (await harness.issueKey({ scopes: ['ingest'] })).key
})
afterAll(() => harness.close())
const servers: HttpServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(0)
})

/** The app behind the real server, with room and patience of its own. */
async function serve(options?: Parameters<typeof createIntake>[1]): Promise<string> {
  const deps = options ? { ...harness.deps, intake: createIntake(harness.deps.clock, options) } : harness.deps
  const server = await openHttpServer({ ...harness.deps.env, port: 0 }, createApp(deps).fetch)
  servers.push(server)
  return server.url
}

type Headers = Record<string, string | number>
interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** A request whose body is still to be written, and its answer, whenever that comes. */
function open(url: string, headers: Headers = {}, path = '/v1/traces', method = 'POST') {
  const request = openRequest(`${url}${path}`, { method, headers: { authorization: `Bearer ${ingestKey}`, ...headers } })
  // A server that refuses a body early may close before all of it is written.
  request.on('error', () => undefined)
  const answer = once(request, 'response').then(async ([response]): Promise<Answer> => {
    const { statusCode = 0, headers: told } = response as IncomingMessage
    return { status: statusCode, headers: told, body: await buffer(response as IncomingMessage) }
  })
  return { request, answer }
}

const send = (url: string, body: Buffer, headers: Headers, path?: string): Promise<Answer> => {
  const { request, answer } = open(url, headers, path)
  request.end(body)
  return answer
}

const retryAfter = ({ headers }: Answer) => Number(headers['retry-after'])

async function countCalls(leaseId: string): Promise<number> {
  const { rows } = await inTenantSql(harness.deps.db.appPool, harness.organizationId, (client) =>
    client.query<{ count: number }>('SELECT count(*)::integer AS count FROM usage_event WHERE lease_id = $1', [leaseId]),
  )
  return rows[0]?.count ?? 0
}

async function createLease() {
  const holder = await createHolder(harness)
  return { authorization: `Bearer ${holder.token}`, leaseId: (await takeLease(harness, holder)).id }
}

describe.each(signals)('/v1/%s', (signal) => {
  const path = `/v1/${signal}`

  test('takes an empty request in either encoding, however its headers are written', async () => {
    const url = await serve()
    for (const type of ['application/json', 'Application/JSON; Charset=UTF-8', 'application/x-protobuf', 'APPLICATION/X-PROTOBUF']) {
      const answer = await send(url, Buffer.alloc(0), { 'Content-Type': type }, path)
      expect([answer.status, answer.headers['content-type']]).toEqual([200, type.split(';')[0]?.toLowerCase()])
      expect(answer.body.toString()).toBe(answer.headers['content-type'] === 'application/json' ? '{}' : '')
    }
    const compressed = await send(url, gzipSync('{}'), { ...json, 'Content-Encoding': 'GZIP' }, path)
    expect(compressed.status).toBe(200)
  })

  test('takes POST alone, OTLP alone, and from those who may report', async () => {
    const url = await serve()
    const { request, answer } = open(url, {}, path, 'GET')
    request.end()
    expect(await answer).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    expect((await send(url, Buffer.from('a,b'), { 'content-type': 'text/csv' }, path)).status).toBe(415)
    expect((await send(url, Buffer.from('{'), json, path)).status).toBe(400)
    const broken = await send(url, Buffer.from([0x0a, 0xff]), protobuf, path)
    expect([broken.status, broken.headers['content-type']]).toEqual([400, 'application/x-protobuf'])
    expect(broken.body.toString()).toContain('The body is not OTLP')
    const { key } = await harness.issueKey({ scopes: ['read'] })
    expect((await send(url, Buffer.from('{}'), { ...json, authorization: `Bearer ${key}` }, path)).status).toBe(403)
  })
})

describe('a record that tells of no call', () => {
  test('is taken and dropped, as a log record, a data point, or a log that came as a span', async () => {
    const url = await serve()
    const logs = toLogs({ timeUnixNano: '1', body: { stringValue: 'hello' }, attributes: toKeyValues({ level: 'info' }) })
    const metrics = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', sum: { dataPoints: [{ timeUnixNano: '1' }] } }] }] }] }
    for (const [path, body] of [
      ['/v1/logs', toProtobuf('logs', logs)],
      ['/v1/metrics', toProtobuf('metrics', metrics)],
      ['/v1/traces', toProtobuf('logs', logs)],
      ['/v1/traces', toProtobuf('traces', toTraces(toSpan({ 'http.route': '/' })))],
    ] as const) {
      const answer = await send(url, body, protobuf, path)
      expect([answer.status, answer.body.byteLength]).toEqual([200, 0])
    }
  })
})

describe('a body', () => {
  test('counts however it is cut into chunks, compressed or not', async () => {
    const url = await serve()
    const { authorization, leaseId } = await createLease()
    for (const [sequence, coding] of [
      [1, undefined],
      [2, 'gzip'],
    ] as const) {
      const plain = toProtobuf('traces', toTraces(toLeasedSpan(leaseId, sequence)))
      const body = coding ? gzipSync(plain) : plain
      const { request, answer } = open(url, { ...protobuf, authorization, ...(coding ? { 'content-encoding': coding } : {}) })
      for (let at = 0; at < body.byteLength; at += 7) {
        const isTaken = request.write(body.subarray(at, at + 7))
        if (!isTaken) await once(request, 'drain')
      }
      request.end()
      expect((await answer).status).toBe(200)
    }
    expect(await countCalls(leaseId)).toBe(2)
  })

  test('of more than 256 KiB is read in a thread, and all of its calls count', async () => {
    const url = await serve({ worker: new URL('../../../test/source-decode-worker.mjs', import.meta.url) })
    const { authorization, leaseId } = await createLease()
    for (const [encoding, type] of [
      ['protobuf', protobuf],
      ['json', json],
    ] as const) {
      const request = manySpans(1_200, leaseId)
      const body = encoding === 'json' ? Buffer.from(JSON.stringify(request)) : toProtobuf('traces', request)
      expect(body.byteLength).toBeGreaterThan(256 * 1024)
      expect((await send(url, body, { ...type, authorization })).status).toBe(200)
    }
    // The second telling of a number is by another span: a second holder, whose calls count too.
    expect(await countCalls(leaseId)).toBe(1_200)
  })

  test('whose compressed stream is cut is refused, and nothing of it counts', async () => {
    const url = await serve()
    const { authorization, leaseId } = await createLease()
    const body = gzipSync(toProtobuf('traces', toTraces(toLeasedSpan(leaseId, 1))))
    const answer = await send(url, body.subarray(0, -12), { ...protobuf, authorization, 'content-encoding': 'gzip' })
    expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/x-protobuf'])
    expect(await countCalls(leaseId)).toBe(0)
  })

  test('that says that it is too large is refused before a byte of it, and one that does not, once it is', async () => {
    const url = await serve()
    const declared = open(url, { ...protobuf, 'content-length': 64 * 1024 * 1024 + 1 })
    declared.request.flushHeaders()
    expect((await declared.answer).status).toBe(413)
    const { request, answer } = open(url, json)
    let isAnswered = false
    void answer.then(() => {
      isAnswered = true
    })
    const chunk = Buffer.alloc(1024 * 1024, 0x20)
    for (let sent = 0; sent < 80 && !isAnswered; sent++) {
      if (!request.write(chunk)) await Promise.race([once(request, 'drain'), answer])
    }
    // It was never ended: the answer did not wait for that.
    expect((await answer).status).toBe(413)
    request.destroy()
  })

  test('of a stranger, or for which there is no room, is not waited for', async () => {
    const url = await serve({ limits: { bytes: 1024 * 1024, requests: 8 } })
    const stranger = open(url, { ...protobuf, authorization: 'Bearer nobody', 'content-length': 1_000 })
    stranger.request.flushHeaders()
    expect((await stranger.answer).status).toBe(401)
    const large = open(url, { ...protobuf, 'content-length': 2 * 1024 * 1024 })
    large.request.flushHeaders()
    const refused = await large.answer
    expect([refused.status, refused.headers['content-type']]).toEqual([503, 'application/x-protobuf'])
    expect(retryAfter(refused)).toBeGreaterThanOrEqual(1)
    expect(retryAfter(refused)).toBeLessThanOrEqual(5)
  })

  test('that trickles in is let go in time, to be sent again', async () => {
    const url = await serve({ arrivalMs: 100 })
    const { request, answer } = open(url, { ...json, 'content-length': 1_000 })
    request.write('{')
    const late = await answer
    expect([late.status, retryAfter(late)]).toEqual([503, 5])
    request.destroy()
    expect((await send(url, Buffer.from('{}'), json)).status).toBe(200)
  })
})

test('beyond its limits the service answers 503 at once, and takes again when there is room', async () => {
  const url = await serve({ limits: { bytes: 1024 * 1024, requests: 2 } })
  const held = [open(url, json), open(url, json)]
  for (const { request } of held) request.write('{')
  const tell = () => send(url, Buffer.from('{}'), json)
  await expect.poll(async () => (await tell()).status).toBe(503)
  expect(retryAfter(await tell())).toBeLessThanOrEqual(5)
  for (const { request } of held) request.end('}')
  expect((await Promise.all(held.map(({ answer }) => answer))).map(({ status }) => status)).toEqual([200, 200])
  expect((await tell()).status).toBe(200)
})

describe('a browser of another origin', () => {
  const ask = (from: string, path = '/v1/traces') =>
    harness.request('OPTIONS', path, {
      token: null,
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'Content-Type, authorization,x-tenant, cookie, traceparent',
      },
    })

  test('may report from where the operator allows it, with what it needs and nothing else', async () => {
    for (const signal of signals) {
      const answer = await ask(origin, `/v1/${signal}`)
      expect([answer.status, await answer.text()]).toEqual([204, ''])
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type, authorization, x-tenant, traceparent',
        'access-control-max-age': '7200',
        vary: 'Origin',
      })
      expect(answer.headers.has('access-control-allow-credentials')).toBe(false)
    }
    const url = await serve()
    const told = await send(url, Buffer.from('{}'), { ...json, origin })
    expect(told).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': origin, vary: 'Origin' } })
    const refused = await send(url, Buffer.from('{'), { ...json, origin })
    expect(refused).toMatchObject({ status: 400, headers: { 'access-control-allow-origin': origin } })
  })

  test('hears nothing from anywhere else, and nobody hears anything on other paths', async () => {
    for (const from of ['https://evil.example', 'null', `${origin}.evil.example`]) {
      const answer = await ask(from)
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
      expect(answer.headers.get('access-control-allow-headers')).toBeNull()
    }
    expect((await ask(origin, '/v1/leases')).status).toBe(405)
    const told = await harness.request('POST', '/v1/traces', { body: {}, headers: { origin: 'https://evil.example' } })
    expect(told.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('is named as browsers name origins, or the start stops with one line', () => {
    for (const value of ['example.com', 'https://a.example/path', 'ftp://a.example', 'https://a.example,nonsense'])
      expect(() => readEnv({ KEYLEASE_OTLP_ORIGINS: value })).toThrow(/^KEYLEASE_OTLP_ORIGINS is not valid: expected a list of origins/)
    expect(readEnv({ KEYLEASE_OTLP_ORIGINS: 'http://localhost:3000, *' }).otlpOrigins).toEqual(['http://localhost:3000', '*'])
  })
})
