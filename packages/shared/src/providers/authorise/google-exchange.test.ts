import { beforeAll, expect, test } from 'vitest'
import { Secret } from '../../secret'
import { google } from '../google'
import { authoriseRequest, bareTarget } from '../request'
import { vertex } from '../vertex'
import { exchangeRequest, needsExchange, readExchange } from './google-exchange'

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
const at = new Date('2026-11-21T10:00:00.900Z')
let publicKey: CryptoKey
let account: Record<string, string>

beforeAll(async () => {
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  publicKey = pair.publicKey
  const der = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
  const base64 = btoa(Array.from(der, (byte) => String.fromCharCode(byte)).join(''))
  account = {
    type: 'service_account',
    project_id: 'acme-agents',
    private_key_id: '0123456789abcdef0123456789abcdef01234567',
    private_key: `-----BEGIN PRIVATE KEY-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
    client_email: 'agents@acme-agents.iam.gserviceaccount.com',
    token_uri: 'https://oauth2.googleapis.com/token',
  }
})

const toKey = (changes: Record<string, string> = {}) => new Secret(JSON.stringify({ ...account, ...changes }, null, 2))
const fromBase64Url = (text: string) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))

test('a service account asks Google for a token with an assertion that its own key has signed', async () => {
  const { method, url, headers, body } = await exchangeRequest(vertex, toKey(), at)
  expect({ method, url, type: headers['content-type'] }).toEqual({
    method: 'POST',
    url: 'https://oauth2.googleapis.com/token',
    type: 'application/x-www-form-urlencoded',
  })
  const form = new URLSearchParams(new TextDecoder().decode(body ?? new Uint8Array()))
  expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
  const [header = '', claims = '', signature = ''] = form.get('assertion')?.split('.') ?? []
  const read = (part: string): unknown => JSON.parse(new TextDecoder().decode(fromBase64Url(part)))
  expect(read(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: account['private_key_id'] })
  const iat = Date.parse('2026-11-21T10:00:00Z') / 1_000
  const scope = 'https://www.googleapis.com/auth/cloud-platform'
  expect(read(claims)).toEqual({ iss: account['client_email'], scope, aud: account['token_uri'], iat, exp: iat + 3_600 })
  const text = new TextEncoder().encode(`${header}.${claims}`)
  expect(await crypto.subtle.verify(algorithm, publicKey, fromBase64Url(signature), text)).toBe(true)
  expect(JSON.stringify({ url, headers, form: form.toString() })).not.toContain('PRIVATE KEY')
})

test('an assertion goes to Google alone, whatever the JSON says', async () => {
  for (const uri of [
    'https://evil.example/token',
    'http://oauth2.googleapis.com/token',
    'https://oauth2.googleapis.com.evil.example/token',
    'https://oauth2.googleapis.com@evil.example/token',
  ])
    await expect(exchangeRequest(vertex, toKey({ token_uri: uri }), at), uri).rejects.toThrow("token address that is not Google's")
})

test('only a service account needs an exchange, and it is never sent itself', async () => {
  expect(needsExchange(vertex, toKey())).toBe(true)
  expect(needsExchange(vertex, new Secret('AIzaSyA1b2C3'))).toBe(false)
  const target = { ...bareTarget, region: 'us-central1' }
  const request = { method: 'GET', path: '/v1/x' }
  await expect(authoriseRequest(vertex, target, request, toKey(), at)).rejects.toThrow('is exchanged for a token before it is sent')
  const { headers } = await authoriseRequest(vertex, target, request, { accessToken: new Secret('ya29.token') }, at)
  expect(headers).toMatchObject({ authorization: 'Bearer ya29.token' })
  const byKey = await authoriseRequest(google, bareTarget, request, new Secret('AIzaSyA1b2C3'), at)
  expect(byKey.headers).toMatchObject({ 'x-goog-api-key': 'AIzaSyA1b2C3' })
  expect(byKey.headers['authorization']).toBeUndefined()
})

const answer = (status: number, body: unknown) => ({ status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) })

test('a token is read with its lifetime', () => {
  const read = readExchange(answer(200, { access_token: 'ya29.token', expires_in: 3599, token_type: 'Bearer' }))
  expect('token' in read && { token: read.token.reveal(), seconds: read.expiresInSeconds }).toEqual({ token: 'ya29.token', seconds: 3_599 })
  expect(JSON.stringify(read)).not.toContain('ya29')
})

test('a refusal proves the key bad; an outage, garbage and a wrong clock of ours prove nothing', () => {
  const classify = (status: number, body: unknown) => {
    const read = readExchange(answer(status, body))
    return 'error' in read ? vertex.classifyError(read.error) : 'token'
  }
  expect(classify(400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' })).toBe('bad_key')
  expect(classify(400, { error: 'invalid_grant', error_description: 'Invalid grant: account not found' })).toBe('bad_key')
  expect(classify(401, { error: 'invalid_client' })).toBe('bad_key')
  const clock = 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.'
  expect(classify(400, { error: 'invalid_grant', error_description: clock })).toBe('bad_request')
  expect(classify(503, '<html>')).toBe('overloaded')
  for (const body of [
    '',
    'null',
    '{}',
    { access_token: 7, expires_in: 10 },
    { access_token: 'a b', expires_in: 10 },
    { access_token: 'a', expires_in: 'x' },
  ])
    expect(classify(200, body), JSON.stringify(body)).toBe('unreachable')
})
