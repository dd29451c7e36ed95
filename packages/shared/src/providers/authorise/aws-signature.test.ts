import { BedrockRuntimeClient, ConverseCommand, CountTokensCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { expect, test } from 'vitest'
import { Secret } from '../../secret'
import { bedrock } from '../bedrock'
import { authoriseRequest, bareTarget } from '../request'
import { createSignature, encodePath } from './aws-signature'

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-test-suite.html, with the signatures that AWS published. */
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: null }
const suite = [
  { name: 'get-vanilla', url: '/', signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31' },
  { name: 'post-vanilla', method: 'POST', url: '/', signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b' },
  {
    name: 'get-unreserved',
    url: '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    signature: '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  },
  {
    name: 'get-vanilla-query-order-key-case',
    url: '/?Param2=value2&Param1=value1',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  {
    name: 'get-header-value-trim',
    url: '/',
    headers: { 'my-header1': ' value1', 'my-header2': '"a   b   c"' },
    signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  },
  {
    name: 'post-header-value-case',
    method: 'POST',
    url: '/',
    headers: { 'my-header1': 'VALUE1' },
    signature: 'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  },
  {
    name: 'get-special-character, encoded twice',
    url: '/example/$delete',
    signature: 'a853c9b21b528b19643d00910d35b83a10c366a10833ceefb45edd6c80e40f27',
  },
]

test.each(suite)("AWS's own vector $name has its signature", async ({ method = 'GET', url, headers = {}, signature }) => {
  const at = new Date('2015-08-30T12:36:00Z')
  const signed = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z', ...headers }
  const request = { method, url: new URL(url, 'https://example.amazonaws.com'), headers: signed, body: null }
  const header = await createSignature(request, { region: 'us-east-1', service: 'service' }, credentials, at)
  expect(header).toContain('Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request')
  expect(header).toContain(`Signature=${signature}`)
})

interface SdkRequest {
  method: string
  hostname: string
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  body?: Uint8Array<ArrayBuffer> | string
}

const region = 'us-east-1'
const pair = {
  accessKeyId: 'AKIAQ3EGTKZ7M2L5WXYZ',
  secretAccessKey: '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',
  sessionToken: 'FwoGZXIvYXdzEJr//////////wEaDP',
}
const stopped = new Error('the request was kept, not sent')

async function captureSdk(send: (client: BedrockRuntimeClient) => Promise<unknown>): Promise<SdkRequest> {
  const kept: SdkRequest[] = []
  const handle = async (request: SdkRequest) => {
    kept.push(request)
    throw stopped
  }
  const requestHandler = { handle } as unknown as NonNullable<
    NonNullable<ConstructorParameters<typeof BedrockRuntimeClient>[0]>['requestHandler']
  >
  const client = new BedrockRuntimeClient({ region, credentials: pair, maxAttempts: 1, requestHandler })
  await expect(send(client)).rejects.toBe(stopped)
  const [request] = kept
  if (!request) throw new Error('the client sent nothing')
  return request
}

const messages = [{ role: 'user' as const, content: [{ text: 'Grüße, 世界 \u0000' }] }]
const arn = 'arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const sdkCalls: { name: string; send: (client: BedrockRuntimeClient) => Promise<unknown> }[] = [
  { name: 'a model with a colon', send: (client) => client.send(new ConverseCommand({ modelId: 'anthropic.claude-v2:1', messages })) },
  { name: 'an ARN with slashes', send: (client) => client.send(new ConverseCommand({ modelId: arn, messages })) },
  {
    name: 'a body of bytes',
    send: (client) =>
      client.send(
        new InvokeModelCommand({ modelId: 'amazon.nova-micro-v1:0', body: new Uint8Array([0, 255, 10]), contentType: 'application/json' }),
      ),
  },
  {
    name: 'another operation',
    send: (client) => client.send(new CountTokensCommand({ modelId: 'anthropic.claude-v2:1', input: { converse: { messages } } })),
  },
]

test.each(sdkCalls)("signs as AWS's own client does: $name", async ({ send }) => {
  const request = await captureSdk(send)
  const { authorization = '', ...headers } = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const [, date = ''] = /^(\d{8}T\d{6}Z)$/.exec(headers['x-amz-date'] ?? '') ?? []
  const at = new Date(date.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'))
  const signedNames = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? []
  const signed = Object.fromEntries(signedNames.map((name) => [name, headers[name] ?? '']))
  const query = new URLSearchParams(request.query).toString()
  const url = new URL(`https://${request.hostname}${request.path}${query && `?${query}`}`)
  const body = typeof request.body === 'string' ? new TextEncoder().encode(request.body) : (request.body ?? null)
  expect(await createSignature({ method: request.method, url, headers: signed, body }, { region, service: 'bedrock' }, pair, at)).toBe(
    authorization,
  )
  expect(encodePath(decodeURIComponent(request.path).replace(/inference-profile\//, 'inference-profile%2F'))).toBe(request.path)
})

const key = new Secret(`${pair.accessKeyId}:${pair.secretAccessKey}:${pair.sessionToken}`)
const at = new Date('2026-11-21T10:00:00.123Z')
const sign = (path: string, secret = key, target: Partial<typeof bareTarget> = { region }) =>
  authoriseRequest(
    bedrock,
    { ...bareTarget, ...target },
    { method: 'POST', path, headers: { 'Content-Type': 'application/json' }, body: new Uint8Array([123, 125]) },
    secret,
    at,
  )

test('a model is sent encoded, however the caller wrote it, so what is sent and what is signed are one text', async () => {
  const spellings = [
    '/model/anthropic.claude-v2:1/converse',
    '/model/anthropic.claude-v2%3A1/converse',
    '/model/anthropic.claude-v2%3a1/converse',
  ]
  const signed = await Promise.all(spellings.map((path) => sign(path)))
  expect(new Set(signed.map(({ url }) => url))).toEqual(
    new Set(['https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-v2%3A1/converse']),
  )
  expect(new Set(signed.map(({ headers }) => headers['authorization'])).size).toBe(1)
})

test('a pair signs and is never sent; its session token is', async () => {
  const { headers, url } = await sign('/model/x/converse')
  expect(headers).toMatchObject({
    'x-amz-date': '20261121T100000Z',
    'x-amz-security-token': pair.sessionToken,
    'content-type': 'application/json',
  })
  expect(headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAQ3EGTKZ7M2L5WXYZ\/20261121\/us-east-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
  )
  expect(JSON.stringify({ headers, url })).not.toContain(pair.secretAccessKey)
})

test('a Bedrock API key goes as bearer', async () => {
  const { headers } = await sign('/model/x/converse', new Secret('ABSKQmVkcm9ja0FQSUtleS1'))
  expect(headers['authorization']).toBe('Bearer ABSKQmVkcm9ja0FQSUtleS1')
  expect(headers['x-amz-date']).toBeUndefined()
})

test('the region is that of the key, or that of its address', async () => {
  const own = await sign('/model/x/converse', key, { baseUrl: 'https://vpce-1a.bedrock-runtime.eu-west-1.vpce.amazonaws.com' })
  expect(own.headers['authorization']).toContain('/eu-west-1/bedrock/')
  await expect(sign('/model/x/converse', key, { baseUrl: 'https://proxy.example' })).rejects.toThrow('a key without a region cannot sign')
  await expect(sign('/model/x/converse', key, { region: null })).rejects.toThrow('a key without a base URL')
})
