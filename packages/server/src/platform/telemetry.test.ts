import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { trace } from '@opentelemetry/api'
import { afterEach, expect, test, vi } from 'vitest'
import { StartError } from '../env'
import { AppError } from './errors'
import { startTelemetry, type Telemetry, traceRequest } from './telemetry'

/** OpenTelemetry takes hold of the console when it is loaded, so it is listened to before. */
const printed = vi.hoisted(() => {
  const lines: unknown[] = []
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) console[method] = (...line) => void lines.push(line)
  return lines
})

interface Attribute {
  key: string
  value: unknown
}
interface WireSpan {
  name: string
  kind: number
  attributes: Attribute[]
  events?: { name: string; attributes: Attribute[] }[]
  status?: { code?: number; message?: string }
}
interface Received {
  path: string
  body: string
}

const opened: { server?: Server; telemetry?: Telemetry } = {}
const toRecord = (attributes: Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value as object)[0]]))

async function openReceiver(): Promise<{ url: string; received: Received[]; server: Server }> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    received.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString() })
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  opened.server = server
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, server }
}

async function start(endpoint: string | undefined): Promise<Telemetry> {
  opened.telemetry = await startTelemetry(endpoint, '1.2.3')
  return opened.telemetry
}

function readSpans(received: Received[]): { resource: Record<string, unknown>; spans: WireSpan[] } {
  const batches = received.flatMap(({ body }) => JSON.parse(body).resourceSpans)
  return {
    resource: toRecord(batches[0].resource.attributes),
    spans: batches.flatMap((batch: { scopeSpans: { spans: WireSpan[] }[] }) => batch.scopeSpans.flatMap((scope) => scope.spans)),
  }
}

afterEach(async () => {
  await opened.telemetry?.stop()
  opened.server?.closeAllConnections()
  opened.server?.close()
  vi.unstubAllEnvs()
})

test('a stop sends every span that has ended, under the name and version of the service', async () => {
  const { url, received } = await openReceiver()
  const telemetry = await start(url)
  const attributes = { 'http.request.method': 'GET', 'http.route': '/healthz', 'keylease.request_id': 'req_1' }
  const answer = await traceRequest('GET /healthz', attributes, async (span) => {
    span.setAttribute('http.response.status_code', 200)
    return 'answered'
  })
  await telemetry.stop()
  expect(answer).toBe('answered')
  expect(received.map(({ path }) => path)).toEqual(['/v1/traces'])
  const { resource, spans } = readSpans(received)
  expect(resource).toMatchObject({ 'service.name': 'keylease', 'service.version': '1.2.3' })
  expect(spans).toHaveLength(1)
  expect(spans[0]).toMatchObject({ name: 'GET /healthz', kind: 2 })
  expect(toRecord(spans[0]?.attributes ?? [])).toEqual({ ...attributes, 'http.response.status_code': 200 })
})

test('a failure is recorded by its code, and nothing that a caller sent leaves with it', async () => {
  const { url, received } = await openReceiver()
  const telemetry = await start(`${url}/`)
  const refusal = new AppError('unavailable', { message: 'canary-message', details: 'canary-details', cause: new Error('canary-cause') })
  await expect(traceRequest('a', {}, () => Promise.reject(refusal))).rejects.toBe(refusal)
  await expect(traceRequest('b', {}, () => Promise.reject(new Error('canary-unknown')))).rejects.toThrow('canary-unknown')
  await expect(traceRequest('c', {}, () => Promise.reject(new AppError('not_found')))).rejects.toThrow()
  await telemetry.stop()
  expect(JSON.stringify(received)).not.toContain('canary')
  expect(JSON.stringify(received)).not.toContain('telemetry.test')
  const seen = readSpans(received).spans.map((span) => [
    toRecord(span.attributes)['error.type'],
    span.events?.length,
    span.status?.code ?? 0,
  ])
  expect(seen).toEqual([
    ['unavailable', 1, 2],
    ['internal', 1, 2],
    ['not_found', 1, 0],
  ])
})

test('a path in the endpoint is kept', async () => {
  const { url, received } = await openReceiver()
  const telemetry = await start(`${url}/otlp/`)
  await traceRequest('a', {}, async () => undefined)
  await telemetry.stop()
  expect(received.map(({ path }) => path)).toEqual(['/otlp/v1/traces'])
})

test('a collector that is away, or answers nothing, costs the service neither a request nor its stop nor a line of output', async () => {
  const deaf = createTcpServer()
  await new Promise<void>((resolve) => void deaf.listen(0, '127.0.0.1', resolve))
  const deafUrl = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`
  const { url, server } = await openReceiver()
  await new Promise<void>((resolve) => void server.close(() => resolve()))
  vi.stubEnv('OTEL_LOG_LEVEL', 'info')
  for (const endpoint of [url, deafUrl]) {
    const telemetry = await start(endpoint)
    expect(await traceRequest('a', {}, async () => 1)).toBe(1)
    const before = performance.now()
    await expect(telemetry.stop()).resolves.toBeUndefined()
    expect(performance.now() - before).toBeLessThan(8_000)
  }
  expect(printed).toEqual([])
  deaf.close()
}, 30_000)

test('without an endpoint nothing is recorded, and requests run as before', async () => {
  const telemetry = await start(undefined)
  const isRecording = await traceRequest('a', {}, async (span) => span.isRecording())
  expect(isRecording).toBe(false)
  await expect(telemetry.stop()).resolves.toBeUndefined()
})

test('it can start again after a stop, and a stop may be asked for twice', async () => {
  const { url, received } = await openReceiver()
  const first = await start(url)
  await first.stop()
  await first.stop()
  const second = await start(url)
  await traceRequest('again', {}, async () => trace.getActiveSpan()?.isRecording())
  await second.stop()
  expect(readSpans(received).spans.map(({ name }) => name)).toEqual(['again'])
})

test.each(['', 'collector:4318', 'ftp://collector', 'http://', '127.0.0.1:4318', 'grpc://x'])(
  'an endpoint that is no web address stops the start in one sentence: %j',
  async (endpoint) => {
    const failure = await startTelemetry(endpoint, '1').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(StartError)
    expect((failure as StartError).message).toMatch(/^OTEL_EXPORTER_OTLP_ENDPOINT is not valid: .+\.$/)
  },
)
