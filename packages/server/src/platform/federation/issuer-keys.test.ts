import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createTestClock } from '../../../test/clock'
import { testSize } from '../../../test/size'
import { openTokenIssuer, type TokenIssuer } from '../../../test/token-issuer'
import { createLog } from '../log'
import { createOutbound, type Outbound } from '../outbound'
import { createIssuerKeys } from './issuer-keys'

const minuteMs = 60_000
let issuer: TokenIssuer
let outbound: Outbound

beforeAll(async () => {
  issuer = await openTokenIssuer()
})
beforeEach(() => {
  outbound = createOutbound({ allowPrivateUpstreams: '1' }, { ports: [], databasePorts: [] }, { sleep: async () => undefined })
})
afterEach(() => outbound.close())
afterAll(() => issuer.goAway())

const log = createLog({ to: { write: () => undefined } })

function openRoom() {
  const clock = createTestClock()
  const requests = vi.spyOn(outbound, 'request')
  const keys = createIssuerKeys({ outbound, clock, log })
  const find = (token: string, algorithm = 'RS256') => keys.findSignatureFault(issuer.url, token, algorithm)
  return { clock, requests, find }
}

const sign = () => issuer.sign({})

test('many who come at once make one look at the issuer, and later ones none for ten minutes', async () => {
  const { clock, requests, find } = openRoom()
  const token = await sign()
  expect(new Set(await Promise.all(Array.from({ length: 50 }, () => find(token))))).toEqual(new Set([null]))
  expect(requests).toHaveBeenCalledTimes(2)
  clock.advance(9 * minuteMs)
  expect(await find(token)).toBeNull()
  expect(requests).toHaveBeenCalledTimes(2)
  clock.advance(2 * minuteMs)
  expect(await find(token)).toBeNull()
  expect(requests).toHaveBeenCalledTimes(4)
})

test('a flood of keys that nobody published makes no flood of requests', async () => {
  const { clock, requests, find } = openRoom()
  const [, claims = '', signature = ''] = (await sign()).split('.')
  const show = (index: number) => {
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: `k${index}` })).toString('base64url')
    return find([header, claims, signature].join('.'))
  }
  const size = testSize(300, 20_000)
  for (const start of [0, size]) {
    const faults = await Promise.all(Array.from({ length: size }, (_, index) => show(start + index)))
    expect(new Set(faults)).toEqual(new Set(['unknown_signing_key']))
  }
  expect(requests).toHaveBeenCalledTimes(2)
  clock.advance(minuteMs)
  await Promise.all(Array.from({ length: size }, (_, index) => show(index)))
  expect(requests).toHaveBeenCalledTimes(4)
})

test('a key that the issuer adds is found once the last look is half a minute ago; one that it took back opens no more', async () => {
  const { clock, find } = openRoom()
  const old = await sign()
  expect(await find(old)).toBeNull()
  await issuer.replaceKeys()
  const fresh = await sign()
  expect(await find(fresh)).toBe('unknown_signing_key')
  clock.advance(31_000)
  expect(await find(fresh)).toBeNull()
  expect(await find(old)).toBe('unknown_signing_key')
})

test('while the issuer is away its keys serve for an hour and no longer, and it is asked once in ten seconds', async () => {
  const { clock, requests, find } = openRoom()
  const token = await sign()
  expect(await find(token)).toBeNull()
  await issuer.goAway()
  clock.advance(30 * minuteMs)
  requests.mockClear()
  expect(await find(token)).toBeNull()
  expect(await find(token)).toBeNull()
  expect(requests).toHaveBeenCalledTimes(1)
  clock.advance(31 * minuteMs)
  expect(await find(token)).toBe('issuer_unreachable')
  await issuer.comeBack()
  expect(await find(token)).toBe('issuer_unreachable')
  clock.advance(11_000)
  expect(await find(token)).toBeNull()
})

test.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'RS512'])('tokens signed with %s are verified', async (alg) => {
  await issuer.replaceKeys(alg)
  expect(await openRoom().find(await sign(), alg)).toBeNull()
  await issuer.replaceKeys()
})

test('nobody waits for an issuer that hangs while its last keys still serve', async () => {
  const { clock, requests, find } = openRoom()
  const token = await sign()
  await find(token)
  clock.advance(11 * minuteMs)
  requests.mockRejectedValueOnce(new Error('away'))
  await find(token)
  clock.advance(11_000)
  requests.mockReturnValueOnce(new Promise(() => undefined))
  expect(await find(token)).toBeNull()
  expect(requests).toHaveBeenCalledTimes(4)
})

const json = (value: unknown) => ({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(value)) })
const discovery = (change: object = {}) => json({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks`, ...change })

test.each<[string, () => unknown[]]>([
  ['a discovery document of another issuer', () => [discovery({ issuer: `${issuer.url}/` })]],
  ['no address of its keys', () => [discovery({ jwks_uri: undefined })]],
  ['an address of its keys that is a list', () => [discovery({ jwks_uri: [`${issuer.url}/jwks`] })]],
  ['an error', () => [{ ...discovery(), status: 500 }]],
  ['a redirect', () => [{ ...discovery(), status: 302 }]],
  ['no JSON', () => [{ status: 200, headers: {}, body: Buffer.from('<html>') }]],
  ['a list', () => [json([])]],
  ['more than 256 KiB', () => [discovery({ filler: 'x'.repeat(270_000) })]],
  ['no list of keys', () => [discovery(), json({ keys: {} })]],
  ['too many keys', () => [discovery(), json({ keys: Array.from({ length: 101 }, () => ({ kty: 'RSA' })) })]],
])('an issuer that answers with %s is not believed', async (_, answers) => {
  const { requests, find } = openRoom()
  for (const answer of answers()) requests.mockResolvedValueOnce(answer as never)
  expect(await find(await sign())).toBe('issuer_unreachable')
})

test('keys are asked only of addresses that the guard lets through', async () => {
  const { requests, find } = openRoom()
  requests.mockResolvedValueOnce(discovery({ jwks_uri: 'http://169.254.169.254/latest' }) as never)
  expect(await find(await sign())).toBe('issuer_unreachable')
  expect(requests.mock.settledResults.at(-1)).toMatchObject({ type: 'rejected', value: { code: 'url_not_allowed' } })
})

test.each<[string, (key: Record<string, unknown>) => object]>([
  ['for encryption', (key) => ({ ...key, use: 'enc' })],
  ['for another algorithm', (key) => ({ ...key, alg: 'RS512' })],
  ['with its private half', (key) => ({ ...key, d: 'AQAB' })],
  ['with another name', (key) => ({ ...key, kid: 'other' })],
  ['that is a shared secret', (key) => ({ kid: key['kid'], kty: 'oct', k: 'c2VjcmV0' })],
  ['that is no key at all', () => ({ kid: 1 })],
])('a published key %s opens nothing', async (_, change) => {
  const { requests, find } = openRoom()
  const [key = {}] = issuer.server.issuer.keys.toJSON() as unknown as Record<string, unknown>[]
  requests.mockResolvedValueOnce(discovery() as never).mockResolvedValueOnce(json({ keys: [change(key)] }) as never)
  expect(await find(await sign())).toBe('unknown_signing_key')
})

test('a published key that is too short opens nothing', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 })
  const { requests, find } = openRoom()
  const short = { ...publicKey.export({ format: 'jwk' }), kid: 'short' }
  requests.mockResolvedValueOnce(discovery() as never).mockResolvedValueOnce(json({ keys: [short] }) as never)
  const signed = ['{"alg":"RS256","kid":"short"}', '{}'].map((part) => Buffer.from(part).toString('base64url')).join('.')
  const token = `${signed}.${signBytes('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
  expect(await find(token)).toBe('bad_signature')
})
