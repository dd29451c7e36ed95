import { catalogue } from '@keylease/shared/providers/index'
import { expect, test } from 'vitest'
import { ConfigError } from '../errors'
import { ClientOptions, type KeyChoice } from './client-options'
import { wrappedHosts } from './wrap'

/** Answers with whose fetch it is, and what it was asked for. */
class TestOptions extends ClientOptions {
  protected override clientFetch(provider: string, choice: KeyChoice = {}): typeof fetch {
    return async (input, init) => {
      const sent = new Request(input, init)
      sent.signal.throwIfAborted()
      return Response.json({ provider, ...choice, url: sent.url, method: sent.method, body: await sent.text() })
    }
  }
}

const options = new TestOptions()
type Method = (choice?: object) => { fetch: typeof fetch; apiKey: string }

function optionsOf(id: string, choice: object = {}) {
  const name = id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  const method = (options as unknown as Record<string, Method | undefined>)[name]
  if (!method) throw new Error(`keylease.${name}() is missing`)
  return method.call(options, { region: 'us-east-1', ...choice })
}

const ask = async (fetch: typeof globalThis.fetch) => (await fetch('https://api.example/v1', { method: 'POST', body: '{}' })).json()

test.each(catalogue.map(({ id }) => id))(
  'the options of %s lease its own keys, of choice one of them, and name neither key nor base URL',
  async (id) => {
    expect(await ask(optionsOf(id).fetch)).toMatchObject({ provider: id })
    expect(await ask(optionsOf(id, { keyId: 'pky_1' }).fetch)).toMatchObject({ provider: id, keyId: 'pky_1' })
    expect(optionsOf(id)).toMatchObject({ apiKey: 'keylease' })
    expect(JSON.stringify(optionsOf(id))).not.toMatch(/https?:|base_?url/i)
  },
)

test('every host that a wrapped client may have belongs to its provider', () => {
  for (const [host, id] of Object.entries(wrappedHosts)) {
    const provider = catalogue.find((one) => one.id === id)
    const hosts = [provider?.baseUrl, ...(provider?.origins ?? [])].map((url) => new URL(url ?? 'https://none').host)
    expect(hosts, id).toContain(host)
  }
})

const createClient = (baseURL: string) => ({ baseURL, withOptions: (given: { fetch: typeof fetch }) => ({ baseURL, ...given }) })

test('a wrapped client leases from the provider of its base URL, or from the one that is named', async () => {
  const wrap = async (baseURL: string, choice = {}) => {
    const wrapped = options.wrap(createClient(baseURL), choice)
    return ask((wrapped as unknown as { fetch: typeof fetch }).fetch)
  }
  expect(await wrap('https://api.openai.com/v1')).toMatchObject({ provider: 'openai' })
  expect(await wrap('https://acme.openai.azure.com/openai')).toMatchObject({ provider: 'azure' })
  expect(await wrap('https://llm.acme.example/v1', { provider: 'openai-compatible', keyId: 'pky_1' })).toMatchObject({
    provider: 'openai-compatible',
    keyId: 'pky_1',
  })
})

test('a client that cannot be wrapped is told so, and what to do', () => {
  expect(() => options.wrap({})).toThrow(ConfigError)
  expect(() => options.wrap(createClient('https://llm.acme.example/v1'))).toThrow(/name it, as in wrap/)
  expect(() => options.wrap(createClient('https://openai.azure.com.evil.example'))).toThrow(ConfigError)
})

test('the request of the AWS SDK keeps its query, its body and its abort', async () => {
  const { requestHandler } = options.bedrock({ region: 'us-east-1' })
  const request = { protocol: 'https:', hostname: 'bedrock.example', path: '/model/a%3Ab/converse', headers: {}, method: 'POST' }
  const { response } = await requestHandler.handle({ ...request, query: { a: ['1', '2'], b: null }, body: '{"a":1}' })
  const { body, ...facts } = response
  expect(facts).toMatchObject({ statusCode: 200, headers: { 'content-type': 'application/json' } })
  expect(await new Response(body).json()).toMatchObject({
    url: 'https://bedrock.example/model/a%3Ab/converse?a=1&a=2&b=',
    method: 'POST',
    body: '{"a":1}',
  })
  const aborted = requestHandler.handle(request, { abortSignal: AbortSignal.abort() })
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
})

test('the client of Mistral sends bodies that can be read and sent again', async () => {
  const httpClient = options.mistral().httpClient as { request(request: Request): Promise<Response> }
  const request = new Request('https://api.mistral.ai/v1/x', { method: 'POST', body: '{"a":1}' })
  expect(await (await httpClient.request(request)).json()).toMatchObject({ provider: 'mistral', method: 'POST', body: '{"a":1}' })
})

test('the client of Google, which lets go of a stream without ending it, ends it', async () => {
  let wasLeft = false
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel: () => {
      wasLeft = true
    },
  })
  class Streaming extends ClientOptions {
    protected override clientFetch = (): typeof fetch => async () => new Response(body)
  }
  const { httpOptions } = new Streaming().google()
  const reader = (await httpOptions.fetch('https://api.example')).body?.getReader()
  await reader?.read()
  reader?.releaseLock()
  expect(wasLeft).toBe(true)
})
