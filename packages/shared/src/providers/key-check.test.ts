import { beforeAll, expect, test } from 'vitest'
import { bedrock } from './bedrock'
import { google } from './google'
import { checkKey, toKeyPreview } from './key-check'

const secret = 'q8Zk3vQmT1xLp0RbYw7NcJ5sHd2GfUaE9oIqXtVr'
const refusalOf = (text: string) => checkKey(bedrock.key, bedrock.name, text).refusal
let account: Record<string, string>

beforeAll(async () => {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const der = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey))
  const base64 = btoa(Array.from(der, (byte) => String.fromCharCode(byte)).join(''))
  account = {
    type: 'service_account',
    project_id: 'acme-agents',
    private_key_id: '0123456789abcdef0123456789abcdef0123beef',
    private_key: `-----BEGIN PRIVATE KEY-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
    client_email: 'agents@acme-agents.iam.gserviceaccount.com',
    token_uri: 'https://oauth2.googleapis.com/token',
  }
})

test('an AWS access key is taken as a pair, with its session token if it is temporary', () => {
  const good = [`AKIAQ3EGTKZ7M2L5WXYZ:${secret}`, `ASIAQ3EGTKZ7M2L5WXYZ:${secret}:FwoGZXIvYXdzEJr//////////wEaDP==`]
  for (const text of good) expect(checkKey(bedrock.key, bedrock.name, text)).toEqual({ refusal: null, warnings: [] })
  expect(checkKey(bedrock.key, bedrock.name, `ASIAQ3EGTKZ7M2L5WXYZ:${secret}`).warnings.join()).toContain('session token')
})

test('half a pair, or one that was cut, is refused with what is wrong about it', () => {
  expect(refusalOf('AKIAQ3EGTKZ7M2L5WXYZ')).toContain('join it and its secret access key with a colon')
  expect(refusalOf(`AKIAQ3EGTKZ7M2L5WXYZ:${secret.slice(1)}`)).toContain('not 40 characters')
  expect(refusalOf(`AKIAQ3:${secret}`)).toContain('wrong length')
  expect(refusalOf(`ASIAQ3EGTKZ7M2L5WXYZ:${secret}:Fwo`)).toContain('session token')
  expect(refusalOf(`AKIAIOSFODNN7EXAMPLE:${secret}`)).toContain('placeholder')
  expect(refusalOf('AKIA...WXYZ')).toContain('masked')
})

test('a preview shows the end of a part that is no secret', () => {
  expect(toKeyPreview(bedrock.key, `AKIAQ3EGTKZ7M2L5WXYZ:${secret}`)).toBe('AKIA…WXYZ')
  expect(toKeyPreview(google.key, JSON.stringify(account))).toBe('acme-agents…beef')
  expect(toKeyPreview(google.key, '{"type":"service_account","private_key":"abc"}')).toBe('…')
  expect(toKeyPreview(google.key, 'AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q')).toBe('AIza…5p6Q')
})

test('the JSON of a service account is taken whole, spaces and all', () => {
  for (const text of [JSON.stringify(account), `${JSON.stringify(account, null, 2)}\n`])
    expect(checkKey(google.key, google.name, text)).toEqual({ refusal: null, warnings: [] })
})

test('JSON that could not buy a token is refused, and the sentence repeats nothing of it', () => {
  const cases: [string, string][] = [
    [JSON.stringify(account).slice(0, -40), 'cut short'],
    [JSON.stringify({ ...account, type: 'authorized_user' }), 'not the key file of a service account'],
    [JSON.stringify({ ...account, client_email: undefined }), 'without client_email'],
    [JSON.stringify({ ...account, private_key: '' }), 'without private_key'],
    [
      JSON.stringify({ ...account, private_key: account['private_key']?.replace(/.{20}\n-----END/, '\n-----END') }),
      'private key that cannot be read',
    ],
    [
      JSON.stringify({ ...account, private_key: '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n' }),
      'private key that cannot be read',
    ],
    [JSON.stringify({ ...account, token_uri: 'https://evil.example/token' }), 'token address'],
    [`{${'"a":"b",'.repeat(2_000)}"c":1}`, 'longer than 8192'],
    ['{"__proto__":{"type":"service_account"}}', 'not the key file'],
  ]
  for (const [text, words] of cases) {
    const { refusal } = checkKey(google.key, google.name, text)
    expect(refusal, words).toContain(words)
    expect(refusal).not.toContain('acme-agents')
  }
})

test('JSON is no key of a provider that issues none', () => {
  expect(checkKey(bedrock.key, bedrock.name, '{"type":"service_account"}').refusal).not.toBeNull()
})

test('a short key that its provider really issues is not called weak, a repetitive one is', () => {
  const shape = { prefixes: [], pattern: /^[A-Z0-9]{16}$/, example: 'A1…' }
  expect(checkKey(shape, 'Alpha Vantage', 'Q7K2M9X4B1Z8R3TD').warnings).toEqual([])
  expect(checkKey(shape, 'Alpha Vantage', 'ABCDABCDABCDABCD').warnings.join()).toContain('guessed')
})
