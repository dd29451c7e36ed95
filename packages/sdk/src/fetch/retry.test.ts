import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFetchRoom } from '../../test/fetch-room'
import { answerError, answerJson, type Handler, type HttpServer, startHttpServer } from '../../test/http-server'
import { type LeaseService, startLeaseService } from '../../test/lease-service'
import { ManualClock } from '../../test/manual-clock'

const chat = 'https://api.openai.com/v1/chat/completions'
const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"model":"gpt-5-mini","messages":[]}' }

let service: LeaseService
let provider: HttpServer
let handle: Handler
beforeAll(async () => {
  service = await startLeaseService()
  provider = await startHttpServer((seen, response) => handle(seen, response))
})
afterAll(() => Promise.all([service.close(), provider.close()]))

let keys: string[] = []
beforeEach(() => {
  keys = ['first', 'second', 'third']
  nextKey()
})
afterEach(() => {
  service.on = {}
  service.requests.length = 0
  provider.requests.length = 0
})

/** Each lease brings another key. */
function nextKey(): void {
  const key = keys.shift() ?? 'last'
  service.given = { key: `sk-${key}`, baseUrl: `${provider.url}/v1`, scope: { keyId: `pky_${key}`, keyVersionId: `kver_${key}` } }
}

/** The answers of the provider by the key that asks, and how each is followed by another key. */
function answer(statuses: Record<string, number>): void {
  handle = ({ headers }, response) => {
    nextKey()
    const status = statuses[headers['authorization']?.replace('Bearer sk-', '') ?? ''] ?? 200
    answerJson(
      response,
      status,
      status === 200 ? { usage: { prompt_tokens: 1, completion_tokens: 1 } } : { error: { message: `${status}`, code: `e${status}` } },
    )
  }
}

const usedKeys = () => provider.requests.map(({ headers }) => headers['authorization']?.replace('Bearer sk-', ''))
const issues = () =>
  service.requests.filter(({ path }) => path === '/v1/leases').map(({ body }) => JSON.parse(body) as { exceptKeyIds?: string[] })

describe('401', () => {
  it('is one new lease and one more try, each with its own record', async () => {
    const { fetch, records, taken, pool } = createFetchRoom({ url: service.url })
    answer({ first: 401 })
    const response = await fetch('openai')(chat, post)
    expect(response.status).toBe(200)
    await response.text()
    expect(usedKeys()).toEqual(['first', 'second'])
    expect(records.map(({ status, httpStatus, errorType }) => [status, httpStatus, errorType])).toEqual([
      ['error', 401, '401'],
      ['ok', 200, null],
    ])
    expect(new Set(taken).size).toBe(2)
    await expect.poll(() => service.count('release')).toBe(1)
    await pool.close()
  })

  it('of a hundred calls at once is one new lease', async () => {
    const { fetch, records, pool } = createFetchRoom({ url: service.url })
    answer({ first: 401 })
    const leased = fetch('openai')
    const all = await Promise.all(Array.from({ length: 100 }, async () => (await leased(chat, post)).status))
    expect(new Set(all)).toEqual(new Set([200]))
    expect(issues()).toHaveLength(2)
    expect(records.filter(({ httpStatus }) => httpStatus === 401)).toHaveLength(100)
    await pool.close()
  })

  it('that stays passes as the provider said it, and is not asked about again at once', async () => {
    const clock = new ManualClock()
    const { fetch, pool } = createFetchRoom({ url: service.url }, clock)
    keys = []
    nextKey()
    answer({ last: 401 })
    const leased = fetch('openai')
    for (let call = 0; call < 3; call++) {
      const response = await leased(chat, post)
      expect([response.status, await response.json()]).toEqual([401, { error: { message: '401', code: 'e401' } }])
    }
    expect(issues()).toHaveLength(2)
    await clock.pass(3_000)
    await (await leased(chat, post)).text()
    expect(issues()).toHaveLength(3)
    await pool.close()
  })

  it('of a body that can be read once passes, and the next call has another lease', async () => {
    const { fetch, pool } = createFetchRoom({ url: service.url })
    answer({ first: 401 })
    const leased = fetch('openai')
    const body = { body: new Blob(['{}']).stream(), duplex: 'half' } as RequestInit
    expect((await leased(chat, { method: 'POST', ...body })).status).toBe(401)
    expect((await leased(chat, post)).status).toBe(200)
    expect(usedKeys()).toEqual(['first', 'second'])
    await pool.close()
  })
})

describe.each([429, 500, 503, 529])('%i', (status) => {
  it('is one try with another key, at once', async () => {
    const { fetch, records, pool } = createFetchRoom({ url: service.url })
    answer({ first: status })
    const response = await fetch('openai')(chat, post)
    expect(response.status).toBe(200)
    await response.text()
    expect(usedKeys()).toEqual(['first', 'second'])
    expect(issues()[1]).toMatchObject({ exceptKeyIds: ['pky_first'] })
    expect(records.map(({ httpStatus }) => httpStatus)).toEqual([status, 200])
    await pool.close()
  })
})

describe('failover', () => {
  it('is tried once: the answer of the second key counts, whatever it is', async () => {
    const { fetch, records, pool } = createFetchRoom({ url: service.url })
    answer({ first: 429, second: 503 })
    expect((await fetch('openai')(chat, post)).status).toBe(503)
    expect(usedKeys()).toEqual(['first', 'second'])
    expect(records).toHaveLength(1)
    await pool.close()
  })

  it('passes the first answer on where no other key is granted, and does not ask again at once', async () => {
    const clock = new ManualClock()
    const { fetch, pool, records } = createFetchRoom({ url: service.url }, clock)
    answer({ first: 429 })
    await pool.acquire({ provider: 'openai' })
    service.on.issue = (_, response) => answerError(response, 403, 'no_grant')
    const leased = fetch('openai')
    const ask = async () => (await leased(chat, post)).json()
    expect([await ask(), await ask()]).toEqual(Array(2).fill({ error: { message: '429', code: 'e429' } }))
    expect(issues()).toHaveLength(2)
    await clock.pass(3_000)
    await ask()
    expect(issues()).toHaveLength(3)
    expect(records.map(({ httpStatus }) => httpStatus)).toEqual([429, 429, 429])
    await pool.close()
  })

  it('passes the first answer on where the second cannot be reached', async () => {
    const { fetch, pool, records } = createFetchRoom({ url: service.url })
    handle = (_, response) => {
      service.given = { baseUrl: 'http://provider.invalid/v1', scope: { keyId: 'pky_second' } }
      answerJson(response, 503, { error: { message: 'overloaded' } })
    }
    const response = await fetch('openai')(chat, post)
    expect([response.status, await response.json()]).toEqual([503, { error: { message: 'overloaded' } }])
    expect(records.map(({ httpStatus }) => httpStatus)).toEqual([null, 503])
    await pool.close()
  })

  it('does not wait for a service that hangs', async () => {
    const clock = new ManualClock()
    const { fetch, pool, records } = createFetchRoom({ url: service.url }, clock)
    answer({ first: 503 })
    await pool.acquire({ provider: 'openai' })
    service.on.issue = () => undefined
    const before = service.count('issue')
    const call = fetch('openai')(chat, post)
    await expect.poll(() => service.count('issue')).toBe(before + 1)
    await clock.pass(2_000)
    const response = await call
    expect(response.status).toBe(503)
    await response.text()
    expect(records).toHaveLength(1)
    service.on = {}
    await clock.pass(10_000)
    await pool.close()
  })

  it('ends with its caller, and the record of the first try is written', async () => {
    const { fetch, pool, records } = createFetchRoom({ url: service.url })
    answer({ first: 503 })
    await pool.acquire({ provider: 'openai' })
    const held = Promise.withResolvers<void>()
    service.on.issue = async (_, response) => {
      await held.promise
      answerError(response, 503, 'unavailable')
    }
    const leave = new AbortController()
    const before = service.count('issue')
    const call = fetch('openai')(chat, { ...post, signal: leave.signal })
    await expect.poll(() => service.count('issue')).toBe(before + 1)
    leave.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
    expect(records).toMatchObject([{ httpStatus: 503, end: 'complete' }])
    held.resolve()
    await pool.close()
  })

  it.each([
    ['of a key that was chosen by name', { keyId: 'pky_first' }, {}],
    ['through the gateway, which does so itself', {}, { delivery: 'gateway' as const }],
  ])('does not leave a call %s', async (_, choice, options) => {
    const { fetch, pool } = createFetchRoom({ url: service.url, ...options })
    handle = (_seen, response) => answerJson(response, 429, {})
    const before = service.count('issue')
    expect((await fetch('openai', choice)(chat, post)).status).toBe(429)
    expect(service.count('issue') - before).toBe(1)
    await pool.close()
  })

  it.each([400, 403, 404, 409, 422])('is not for %i', async (status) => {
    const { fetch, pool } = createFetchRoom({ url: service.url })
    answer({ first: status })
    expect((await fetch('openai')(chat, post)).status).toBe(status)
    expect(usedKeys()).toEqual(['first'])
    await pool.close()
  })
})
