import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answerError, answerJson, type HttpServer, startHttpServer } from '../test/http-server'
import { canary, type LeaseService, startLeaseService } from '../test/lease-service'
import { Keylease } from './keylease'

const models = 'https://api.openai.com/v1/models'
const token = 'kl_live_canary_token'

let service: LeaseService
let provider: HttpServer
beforeAll(async () => {
  service = await startLeaseService()
  provider = await startHttpServer((_, response) => answerJson(response, 200, { data: [] }))
})
afterAll(() => Promise.all([service.close(), provider.close()]))
beforeEach(() => {
  service.given = { baseUrl: `${provider.url}/v1` }
  service.on = {}
})

const show = (value: unknown) => {
  const shown = inspect(value, { depth: null, showHidden: true, getters: true })
  return shown + String(value) + (JSON.stringify(value) ?? '') + JSON.stringify(Object.entries(value ?? {}))
}

const hides = (...values: unknown[]) => {
  for (const value of values) for (const secret of [canary, token]) expect(show(value).includes(secret)).toBe(false)
}

describe('a secret', () => {
  it('is shown by no public object, event or answer', async () => {
    await using keylease = new Keylease({ url: service.url, token })
    const events: unknown[] = []
    for (const name of ['revoked', 'renewed', 'budget', 'degraded'] as const) keylease.on(name, (event) => events.push(event))
    const leased = keylease.fetch('openai')
    const lease = await keylease.lease('openai')
    const response = await leased(models)
    hides(keylease, leased, lease, lease.credential, response, response.headers, keylease.stats(), keylease.openai())
    hides(await response.json(), events)
    expect(lease.credential.reveal()).toBe(canary)
  })

  it('is shown by no error, whatever fails', async () => {
    await using keylease = new Keylease({ url: service.url, token, timeoutMs: 500 })
    const leased = keylease.fetch('openai')
    const fail = (call: Promise<unknown>) =>
      call.then(
        () => expect.unreachable(),
        (error: unknown) => error,
      )
    service.on.issue = (_, response) => answerError(response, 403, 'no_grant')
    const refused = await fail(leased(models))
    service.on.issue = (_, response) => void response.destroy()
    const away = await fail(leased(models))
    service.on = {}
    service.given = { baseUrl: 'http://provider.invalid/v1' }
    const unreached = await fail(leased(models))
    const foreign = await fail(leased('https://evil.example/'))
    const ended = await keylease.lease('openai').then(async (lease) => {
      await lease.release()
      return fail(Promise.resolve().then(() => lease.credential))
    })
    for (const error of [refused, away, unreached, foreign, ended]) expect(error).toBeInstanceOf(Error)
    hides(refused, away, unreached, foreign, ended)
  })

  it('that no header can hold is named in no error', async () => {
    await using keylease = new Keylease({ url: service.url, token })
    service.given = { ...service.given, key: `${canary}\n` }
    const error = await keylease
      .fetch('openai')(models)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'connection_failed' })
    hides(error)
  })

  it('of a lease is gone with its release', async () => {
    const keylease = new Keylease({ url: service.url, token })
    const lease = await keylease.lease('openai')
    await keylease.close()
    expect(() => lease.credential).toThrow(expect.objectContaining({ code: 'lease_released' }))
    expect(service.requests.at(-1)).toMatchObject({
      method: 'DELETE',
      path: `/v1/leases/${lease.id}`,
      body: '{"lastSequence":0,"openIntents":[]}',
    })
  })
})

describe('several in one process', () => {
  it('share neither leases nor fate', async () => {
    const [one, other] = [new Keylease({ url: service.url, token: 'token-one' }), new Keylease({ url: service.url, token: 'token-other' })]
    const before = service.requests.length
    await Promise.all([one, other].map(async (keylease) => (await keylease.fetch('openai')(models)).text()))
    const issued = service.requests.slice(before).filter(({ path }) => path === '/v1/leases')
    expect(issued.map(({ headers }) => headers['authorization']).sort()).toEqual(['Bearer token-one', 'Bearer token-other'])
    await one.close()
    await expect(one.fetch('openai')(models)).rejects.toMatchObject({ code: 'closed' })
    expect((await other.fetch('openai')(models)).status).toBe(200)
    await other.close()
  })

  it('asked twice to close, close once', async () => {
    const keylease = new Keylease({ url: service.url, token })
    await (await keylease.fetch('openai')(models)).text()
    const before = service.count('release')
    await Promise.all([keylease.close(), keylease.close()])
    expect(service.count('release') - before).toBe(1)
  })
})

it('a revocation on the real stream reaches a lease within a second and is acknowledged', async () => {
  await using keylease = new Keylease({ url: service.url, token })
  const lease = await keylease.lease('openai')
  await expect.poll(() => service.listeners).toBeGreaterThan(0)
  const acknowledged = service.count('ack')
  const startedAt = performance.now()
  service.send('lease.revoked', {
    revocationId: 'rvk_1',
    scope: 'lease',
    scopeId: lease.id,
    notBefore: new Date().toISOString(),
    inFlight: 'cut',
  })
  await expect.poll(() => lease.isLive, { interval: 5 }).toBe(false)
  expect(performance.now() - startedAt).toBeLessThan(1_000)
  await expect.poll(() => service.count('ack') - acknowledged).toBe(1)
})
