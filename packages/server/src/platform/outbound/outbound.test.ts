import { afterAll, beforeAll, expect, test } from 'vitest'
import { acts, createFakeProvider, type FakeProvider } from '../../../test/fake-provider'
import { createOutbound, type Outbound, OutboundFailure } from '../outbound'

let provider: FakeProvider
let outbound: Outbound
const waits: number[] = []
const timeouts = { connectMs: 200, headersMs: 150, bodyMs: 150 }

beforeAll(async () => {
  provider = await createFakeProvider()
  const own = { ports: [], databasePorts: [] }
  const sleep = async (ms: number) => void waits.push(ms)
  outbound = createOutbound({ allowPrivateUpstreams: '1' }, own, { timeouts, sleep, random: () => 1 })
})
afterAll(async () => {
  await outbound.close()
  await provider.close()
})

async function ask(key: string, method: 'GET' | 'POST' = 'GET') {
  const from = provider.heard.length
  waits.length = 0
  const answer = await outbound
    .request(`${provider.baseUrl}/models`, { method, headers: { authorization: `Bearer ${key}` } })
    .catch((error: OutboundFailure) => error)
  return { answer, attempts: provider.heard.length - from, waits: [...waits] }
}

test.each([
  ['hang', 'timeout', 1],
  ['drip', 'timeout', 1],
  ['drop', 'unreachable', 3],
  ['break', 'broken', 1],
] as const)('an upstream that does "%s" ends as %s after %i attempts', async (act, reason, attempts) => {
  provider.answer(act, acts[act])
  const outcome = await ask(act)
  expect(outcome.answer).toBeInstanceOf(OutboundFailure)
  expect(outcome).toMatchObject({ answer: { reason }, attempts })
})

test('a server error is asked again twice, a little later each time, and then stands', async () => {
  provider.answer('fail', (_, response) => response.writeHead(503).end())
  expect(await ask('fail')).toMatchObject({ answer: { status: 503 }, attempts: 3, waits: [250, 500] })
})

test('Retry-After is kept to when short, and ends the attempts when long', async () => {
  provider.answer('soon', (_, response) => response.writeHead(429, { 'retry-after': '2' }).end())
  expect(await ask('soon')).toMatchObject({ attempts: 3, waits: [2_000, 2_000] })
  provider.answer('late', acts.limit)
  expect(await ask('late')).toMatchObject({ answer: { status: 429 }, attempts: 1, waits: [] })
})

test('what is not repeatable is sent once', async () => {
  expect(await ask('fail', 'POST')).toMatchObject({ answer: { status: 503 }, attempts: 1 })
})

test('an answer without end is cut at one mebibyte', async () => {
  provider.answer('flood', acts.flood)
  const { answer } = await ask('flood')
  expect(answer).toMatchObject({ status: 200 })
  expect('body' in answer && answer.body.length).toBe(1024 * 1024)
})

test('nobody there is unreachable, and the failure names no address', async () => {
  const failure = await outbound.request('http://127.0.0.1:9/').catch((error: OutboundFailure) => error)
  expect(failure).toMatchObject({ reason: 'unreachable', message: 'no connection could be made' })
})

test("a caller's abort ends it at once and is not tried again", async () => {
  provider.answer('abort', acts.hang)
  const request = { headers: { authorization: 'Bearer abort' }, signal: AbortSignal.timeout(30) }
  await expect(outbound.request(`${provider.baseUrl}/models`, request)).rejects.toThrow(/abort|timeout/i)
})
