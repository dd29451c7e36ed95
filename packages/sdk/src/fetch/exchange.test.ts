import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFetchRoom } from '../../test/fetch-room'
import { type LeaseService, startLeaseService } from '../../test/lease-service'
import { ManualClock } from '../../test/manual-clock'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const account = JSON.stringify(
  {
    type: 'service_account',
    project_id: 'acme',
    private_key_id: 'k1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'bot@acme.iam.gserviceaccount.com',
  },
  null,
  2,
)
const generate =
  'https://europe-west1-aiplatform.googleapis.com/v1/projects/acme/locations/europe-west1/publishers/google/models/gemini:generateContent'

let service: LeaseService
beforeAll(async () => {
  service = await startLeaseService()
  service.given = {
    key: account,
    baseUrl: 'https://europe-west1-aiplatform.googleapis.com',
    auth: { kind: 'google', scope: 'https://www.googleapis.com/auth/cloud-platform' },
    issued: { expiresInMs: 20_000_000, renewInMs: 6_000_000 },
  }
})
afterAll(() => service.close())

let sent: { url: string; authorization: string | null }[] = []
let answerToken: () => Response | Promise<Response>
beforeEach(() => {
  sent = []
  answerToken = () => Response.json({ access_token: `ya29.${sent.length}`, expires_in: 3_600 })
})

/** The service for real; Google as it would answer. */
const fetchGoogle: typeof fetch = async (input, init) => {
  const url = String(input)
  if (url.startsWith(service.url)) return fetch(input, init)
  sent.push({ url, authorization: new Headers(init?.headers).get('authorization') })
  return url.startsWith('https://oauth2.googleapis.com/') ? answerToken() : Response.json({})
}

const createRoom = (clock = new ManualClock()) => ({ clock, ...createFetchRoom({ url: service.url, fetch: fetchGoogle }, clock) })

describe('a service account', () => {
  it('buys one token for all calls of its lease, and another before that ends', async () => {
    const { fetch: leasedFetch, pool, clock } = createRoom()
    const leased = leasedFetch('vertex')
    await Promise.all(Array.from({ length: 5 }, async () => (await leased(generate, { method: 'POST', body: '{}' })).text()))
    const tokens = () => sent.filter(({ url }) => url === 'https://oauth2.googleapis.com/token').length
    expect(tokens()).toBe(1)
    expect(sent.at(-1)).toEqual({ url: generate, authorization: 'Bearer ya29.1' })
    answerToken = () => Response.json({ access_token: 'ya29.second', expires_in: 3_600 })
    await clock.pass(3_550_000)
    await Promise.all(Array.from({ length: 5 }, async () => (await leased(generate, { method: 'POST', body: '{}' })).text()))
    expect(sent.at(-1)?.authorization).toBe('Bearer ya29.second')
    expect(tokens()).toBe(2)
    await pool.close()
  })

  it.each([
    ['that Google refuses is a typed refusal', () => Response.json({ error: 'invalid_grant' }, { status: 400 }), 'key_rejected'],
    ['whose token address is away is an outage', () => Promise.reject(new TypeError('fetch failed')), 'connection_failed'],
    ['whose token is none is an outage', () => new Response('<html>'), 'connection_failed'],
  ])('%s, recorded at no cost and tried anew by the next call', async (_, answer, code) => {
    const { fetch: leasedFetch, pool, records } = createRoom()
    const leased = leasedFetch('vertex', { refusals: 'throw' })
    answerToken = answer
    const error = await leased(generate, { method: 'POST', body: '{}' }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code })
    expect(JSON.stringify(error) + String(error)).not.toContain('PRIVATE KEY')
    expect(records).toMatchObject([{ errorType: code, reading: { vector: { requests: 0 } } }])
    answerToken = () => Response.json({ access_token: 'ya29.again', expires_in: 3_600 })
    expect((await leased(generate, { method: 'POST', body: '{}' })).status).toBe(200)
    await pool.close()
  })
})
