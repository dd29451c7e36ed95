import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findOperation } from './find-operation'
import { catalogue, findCatalogueProvider } from './index'
import type { Operation } from './operation'
import { createManagement } from './wires/openai-management'

const find = (id: string, method: string, path: string) => {
  const provider = findCatalogueProvider(id)
  if (!provider) throw new Error(`the catalogue lost ${id}`)
  return findOperation(provider, method, path)
}

const chatPaths = [
  ['openai', '/chat/completions', 'our base URL'],
  ['openai', '/v1/chat/completions', 'a client whose base URL ends before the version'],
  ['openai', '/chat/completions/?a=b', 'a last slash and a query'],
  ['groq', '/openai/v1/chat/completions', 'a client that names the whole prefix'],
  ['groq', '/v1/chat/completions', 'a client that names the version'],
  ['openrouter', '/api/v1/chat/completions', 'a client that names the whole prefix'],
  ['deepseek', '/v1/chat/completions', 'a version that the base URL has not'],
  ['openai-compatible', '/v1/chat/completions', 'a base URL that nobody knows'],
  ['perplexity', '/sonar', 'a client whose base URL holds the version'],
  ['azure', '/openai/deployments/gpt/chat/completions', 'the endpoint as Azure shows it'],
  ['azure', '/deployments/gpt/chat/completions', 'a base URL that ends in /openai'],
  ['azure', '/openai/v1/chat/completions', 'the newer path'],
  ['azure', '/chat/completions', 'a base URL that ends in /openai/v1'],
] as const

test.each(chatPaths)('%s %s is a chat: %s', (id, path) => {
  expect(find(id, 'post', path)?.operation.kind).toBe('chat')
})

const strangers = [
  ['GET', '/chat/completions/'.repeat(2)],
  ['POST', '/chat/completions2'],
  ['POST', '/v2/chat/completions'],
  ['PUT', '/chat/completions'],
  ['POST', '/threads/t_1/runs'],
  ['POST', '/batches'],
  ['POST', '/videos'],
  ['POST', 'chat/completions'],
  ['POST', ''],
] as const

test.each(strangers)('%s %s is no operation that is known', (method, path) => {
  expect(find('openai', method, path)).toBeNull()
})

const disguises = [
  '/models/../chat/completions',
  '/models/%2e%2e/chat/completions',
  '/models/%2E./x',
  '/models/x/.',
  '/models\\..\\chat/completions',
  '/models//x',
  '/models/x#y',
  '/models/x\ty',
  '/models/ä',
]

test.each(disguises)('a path that a URL parser reads otherwise is none: %j', (path) => {
  expect(find('openai', 'GET', path)).toBeNull()
})

test('a model may hold slashes and colons, written plainly or encoded', () => {
  const params = (id: string, method: string, path: string) => find(id, method, path)?.params
  expect(params('openrouter', 'GET', '/models/openai/gpt-5:free/endpoints')).toEqual({ model: 'openai/gpt-5:free' })
  expect(params('openai', 'GET', '/models/ft%3Agpt-4o%3Aacme%3A%3A1')).toEqual({ model: 'ft:gpt-4o:acme::1' })
  expect(params('openai', 'GET', '/models/a%2Fb%')).toEqual({ model: 'a%2Fb%' })
  expect(params('azure', 'POST', '/openai/deployments/a%20b/embeddings')).toEqual({ deployment: 'a b' })
  expect(params('azure', 'POST', '/openai/deployments/a/b/embeddings')).toBeUndefined()
})

test('a template takes a part of a segment up to a literal, and the rest of a path', () => {
  const [plain] = createManagement('POST /m')
  const operations = ['/models/{model}:generate', '/model/{model}/converse', '/files/{path...}'].map(
    (path) => ({ ...plain, path, method: 'POST' }) as Operation,
  )
  const params = (path: string) => findOperation({ baseUrl: null, operations }, 'POST', path)?.params
  expect(params('/models/tuned/x:1:generate')).toEqual({ model: 'tuned/x:1' })
  expect(params('/model/arn:aws:bedrock:us-east-1:1:inference-profile/us.a.b-v1:0/converse')).toEqual({
    model: 'arn:aws:bedrock:us-east-1:1:inference-profile/us.a.b-v1:0',
  })
  expect(params('/files/a/b/c')).toEqual({ path: 'a/b/c' })
})

test('every operation of the catalogue is found by its own template', () => {
  for (const provider of catalogue) {
    for (const { method, path } of provider.operations) {
      const filled = path.replace(/\{\w+\.\.\.\}/g, 'a/b').replace(/\{\w+\}/g, 'x')
      expect(findOperation(provider, method, filled), `${provider.id} ${method} ${path}`).not.toBeNull()
    }
  }
})

test('no path makes it throw, and what it finds has the method that was asked for', () => {
  const piece = fc.constantFrom('/', 'v1', 'models', 'chat', 'completions', '%', '%2f', '{model}', ':', '..', '?', 'openai', '__proto__')
  fc.assert(
    fc.property(fc.constantFrom(...catalogue), fc.array(piece, { maxLength: 12 }), (provider, pieces) => {
      const found = findOperation(provider, 'GET', `/${pieces.join('')}`)
      expect(found?.operation.method ?? 'GET').toBe('GET')
    }),
  )
})
