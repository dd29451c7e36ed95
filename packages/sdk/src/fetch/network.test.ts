import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFetchRoom } from '../../test/fetch-room'
import { answerJson, type Handler, type HttpServer, startHttpServer } from '../../test/http-server'
import { type LeaseService, startLeaseService } from '../../test/lease-service'

const chat = 'https://api.openai.com/v1/chat/completions'
const ask = JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] })
const post = { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer keylease' }, body: ask }

let service: LeaseService
let provider: HttpServer
let handle: Handler
beforeAll(async () => {
  service = await startLeaseService()
  provider = await startHttpServer((seen, response) => handle(seen, response))
})
afterAll(() => Promise.all([service.close(), provider.close()]))
beforeEach(() => {
  handle = (_, response) => answerJson(response, 200, {})
  service.given = { baseUrl: `${provider.url}/v1` }
})
afterEach(() => {
  service.on = {}
  provider.requests.length = 0
})

const createRoom = () => createFetchRoom({ url: service.url })

async function closedUrl(): Promise<string> {
  const { url, close } = await startHttpServer(() => undefined)
  await close()
  return `${url}/v1`
}

describe('what the network does', () => {
  it.each([
    ['nobody listens', () => closedUrl(), 'ECONNREFUSED'],
    ['the name does not exist', async () => 'http://provider.invalid/v1', expect.stringMatching(/ENOTFOUND|EAI_AGAIN/)],
  ])('where %s is the provider’s own error to the caller, and a record that cost nothing', async (_, findUrl, errorType) => {
    const { fetch, records, pool } = createRoom()
    service.given = { baseUrl: await findUrl() }
    await expect(fetch('openai')(chat, post)).rejects.toThrow(new TypeError('fetch failed'))
    expect(records).toMatchObject([
      { status: 'error', httpStatus: null, errorType, end: 'broken', reading: { quality: 'exact', vector: { requests: 0 } } },
    ])
    await pool.close()
  })

  it('a provider that hangs up after it was asked may have cost something', async () => {
    const { fetch, records, pool } = createRoom()
    handle = (_, response) => void response.destroy()
    await expect(fetch('openai')(chat, post)).rejects.toThrow(TypeError)
    expect(records).toMatchObject([{ end: 'broken', reading: { quality: 'estimated', vector: { requests: 1 } } }])
    await pool.close()
  })

  it.each(['{"usage":', '<html>', '\0\u0001', '{"usage":{"prompt_tokens":-5,"completion_tokens":"many"}}'])(
    'an answer that is garbage passes as it is: %j',
    async (body) => {
      const { fetch, records, pool } = createRoom()
      handle = (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body)
      expect(await (await fetch('openai')(chat, post)).text()).toBe(body)
      expect(records).toMatchObject([{ end: 'complete', reading: { quality: 'estimated' } }])
      await pool.close()
    },
  )

  it('a call that is aborted before its answer is the caller’s own reason, recorded once', async () => {
    const { fetch, records, pool } = createRoom()
    handle = () => undefined
    const leave = new AbortController()
    const call = fetch('openai')(chat, { ...post, signal: leave.signal })
    await expect.poll(() => provider.requests.length).toBe(1)
    const reason = new Error('enough')
    leave.abort(reason)
    await expect(call).rejects.toBe(reason)
    expect(records).toMatchObject([{ status: 'aborted', end: 'aborted' }])
    await pool.close()
  })

  it('a call that is aborted before it begins sends nothing', async () => {
    const { fetch, taken, pool } = createRoom()
    await expect(fetch('openai')(chat, { ...post, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
    expect([taken, provider.requests]).toEqual([[], []])
    await pool.close()
  })

  it('an address that is none is fetch’s own error', async () => {
    const { fetch, pool } = createRoom()
    await expect(fetch('openai')('/v1/models')).rejects.toThrow(TypeError)
    await pool.close()
  })
})
