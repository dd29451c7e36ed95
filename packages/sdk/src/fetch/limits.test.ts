import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFetchRoom } from '../../test/fetch-room'
import { answerJson, type HttpServer, startHttpServer } from '../../test/http-server'
import { type LeaseService, startLeaseService } from '../../test/lease-service'
import { ManualClock } from '../../test/manual-clock'
import { eachValue } from '../ledger/record'

const chat = 'https://api.openai.com/v1/chat/completions'
const post = (body: object) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
const small = post({ model: 'gpt-5-mini' })
const answer = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 900, completion_tokens: 150, total_tokens: 1_050 },
}

let service: LeaseService
let provider: HttpServer
beforeAll(async () => {
  service = await startLeaseService()
  provider = await startHttpServer((_, response) => answerJson(response, 200, answer))
})
afterAll(() => Promise.all([service.close(), provider.close()]))
beforeEach(() => {
  provider.requests.length = 0
})

function createRoom(scope: object) {
  service.given = { baseUrl: `${provider.url}/v1`, scope }
  const clock = new ManualClock()
  return { clock, ...createFetchRoom({ url: service.url }, clock) }
}

async function readRefusal(response: Response) {
  const { error } = (await response.json()) as { error: { code: string; keylease: { retryable: boolean; details: unknown } } }
  const { status, headers } = response
  return { ...error.keylease, status, code: error.code, retryAfter: headers.get('retry-after') }
}

describe('requests a minute', () => {
  it('beyond what the lease allows are refused here, with the time to wait, and fill up evenly', async () => {
    const { fetch, clock, pool, taken } = createRoom({ requestsPerMinute: 3 })
    const leased = fetch('openai')
    const statuses = await Promise.all(Array.from({ length: 5 }, async () => (await leased(chat, small)).status))
    expect(statuses.sort()).toEqual([200, 200, 200, 429, 429])
    expect(await readRefusal(await leased(chat, small))).toEqual({
      status: 429,
      code: 'keylease_rate_limited',
      retryAfter: '20',
      message: 'This lease allows 3 requests a minute. Wait 20 s, or ask for a higher limit in its grant.',
      retryable: true,
      requestId: null,
      details: { limit: 'requestsPerMinute', perMinute: 3, retryAfterSeconds: 20 },
    })
    await clock.pass(19_900)
    expect((await leased(chat, small)).status).toBe(429)
    await clock.pass(100)
    expect([(await leased(chat, small)).status, (await leased(chat, small)).status]).toEqual([200, 429])
    await clock.pass(600_000)
    const later = await Promise.all(Array.from({ length: 4 }, async () => (await leased(chat, small)).status))
    expect(later.filter((status) => status === 200)).toHaveLength(3)
    expect([provider.requests.length, taken.length]).toEqual([7, 7])
    await pool.close()
  })

  it('are thrown as an error where no client reads them', async () => {
    const { fetch, pool } = createRoom({ requestsPerMinute: 1 })
    const leased = fetch('openai', { refusals: 'throw' })
    await leased(chat, small)
    await expect(leased(chat, small)).rejects.toMatchObject({ code: 'rate_limited', retryable: true })
    await pool.close()
  })

  it('are counted by each lease on its own', async () => {
    const { fetch, pool } = createRoom({ requestsPerMinute: 1 })
    const statuses = await Promise.all(['pky_1', 'pky_2'].map(async (keyId) => (await fetch('openai', { keyId })(chat, small)).status))
    expect(statuses).toEqual([200, 200])
    await pool.close()
  })
})

describe('tokens a minute', () => {
  it('are counted as they were used, so a call beyond its estimate is paid back before the next', async () => {
    const { fetch, clock, pool } = createRoom({ tokensPerMinute: 1_000 })
    const leased = fetch('openai')
    await (await leased(chat, small)).text()
    expect(await readRefusal(await leased(chat, small))).toMatchObject({
      status: 429,
      retryAfter: '4',
      details: { limit: 'tokensPerMinute' },
    })
    await clock.pass(4_000)
    expect((await leased(chat, small)).status).toBe(200)
    await pool.close()
  })

  it('let no crowd of large requests go at once', async () => {
    const { fetch, pool } = createRoom({ tokensPerMinute: 1_000 })
    const large = post({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'x'.repeat(2_000) }] })
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await fetch('openai')(chat, large)).status))
    expect(statuses.filter((status) => status === 200)).toHaveLength(2)
    await pool.close()
  })
})

describe('the most output tokens that a grant fills in', () => {
  const said = () => provider.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>)

  it('is in a request that says none, is told on its answer, and is in its record', async () => {
    const { fetch, pool, records } = createRoom({ defaultMaxOutputTokens: 256 })
    const response = await fetch('openai')(chat, small)
    await response.text()
    expect(said()).toEqual([{ model: 'gpt-5-mini', max_completion_tokens: 256 }])
    expect(response.headers.get('x-keylease-max-output-tokens')).toBe('256')
    const told: Record<string, unknown> = {}
    for (const record of records) eachValue(record, (name, value) => void Object.assign(told, { [name]: value }))
    expect(told).toMatchObject({ 'keylease.request.max_output_tokens.filled': 256, 'gen_ai.request.max_tokens': 256 })
    await pool.close()
  })

  it('comes with the question for usage, and counts for each choice', async () => {
    const { fetch, pool, records } = createRoom({ defaultMaxOutputTokens: 256 })
    await (await fetch('openai')(chat, post({ model: 'gpt-5-mini', n: 2, stream: true }))).text()
    expect(said()).toEqual([
      { model: 'gpt-5-mini', n: 2, stream: true, max_completion_tokens: 256, stream_options: { include_usage: true } },
    ])
    expect(records).toMatchObject([{ filledOutputCap: 256, request: { maxOutputTokens: 512 } }])
    await pool.close()
  })

  it.each([
    ['where the caller says its own', { max_tokens: 5 }, 256],
    ['where the caller says one that makes no sense', { max_tokens: 'x' }, 256],
    ['where the grant fills none in', {}, null],
  ])('is not %s', async (_, more, defaultMaxOutputTokens) => {
    const { fetch, pool, records } = createRoom({ defaultMaxOutputTokens })
    const asked = post({ model: 'gpt-5-mini', ...more })
    const response = await fetch('openai')(chat, asked)
    await response.text()
    expect(provider.requests[0]?.body).toBe(asked.body)
    expect(response.headers.has('x-keylease-max-output-tokens')).toBe(false)
    expect(records[0]).not.toHaveProperty('filledOutputCap')
    await pool.close()
  })

  it.each([
    ['openai', 'https://api.openai.com/v1/embeddings'],
    ['openai', 'https://api.openai.com/v1/responses/compact'],
    ['openai', 'https://api.openai.com/v1/moderations'],
  ])('is in no request that has none: %s %s', async (id, url) => {
    const { fetch, pool } = createRoom({ defaultMaxOutputTokens: 256 })
    await (await fetch(id)(url, post({ model: 'm', input: 'x' }))).text()
    expect(said()).toEqual([{ model: 'm', input: 'x' }])
    await pool.close()
  })
})
