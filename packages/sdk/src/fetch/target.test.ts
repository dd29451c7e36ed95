import { anthropic } from '@keylease/shared/providers/anthropic'
import { azure } from '@keylease/shared/providers/azure'
import { bedrock } from '@keylease/shared/providers/bedrock'
import { openai } from '@keylease/shared/providers/openai'
import type { Provider } from '@keylease/shared/providers/provider'
import { vertex } from '@keylease/shared/providers/vertex'
import { expect, it } from 'vitest'
import { findTarget } from './target'

const eu = 'https://eu.api.openai.com'
const us = 'https://us.api.openai.com'
const region = 'https://bedrock-runtime.eu-west-1.amazonaws.com'

it.each<[string, Provider, { baseUrl: string; origins: string[] }, string, string]>([
  [
    'its public address',
    openai,
    { baseUrl: 'https://api.openai.com/v1', origins: ['https://api.openai.com'] },
    'https://api.openai.com/v1/models?a=1',
    'https://api.openai.com/v1 /models?a=1',
  ],
  [
    'a proxy of the key',
    openai,
    { baseUrl: 'http://127.0.0.1:9/x', origins: ['http://127.0.0.1:9'] },
    'https://api.openai.com/v1/models',
    'http://127.0.0.1:9/x /models',
  ],
  [
    'that proxy itself',
    openai,
    { baseUrl: 'http://127.0.0.1:9/x', origins: ['http://127.0.0.1:9'] },
    'http://127.0.0.1:9/x/models',
    'http://127.0.0.1:9/x /models',
  ],
  [
    'another origin of the key',
    openai,
    { baseUrl: 'https://api.openai.com/v1', origins: ['https://api.openai.com', eu] },
    `${eu}/v1/models`,
    `${eu}/v1 /models`,
  ],
  [
    'another origin of the provider',
    openai,
    { baseUrl: 'http://127.0.0.1:9/x', origins: ['http://127.0.0.1:9'] },
    `${us}/v1/models`,
    'http://127.0.0.1:9/x /models',
  ],
  [
    'the gateway',
    anthropic,
    { baseUrl: 'https://kl.example/gateway/anthropic', origins: [] },
    'https://api.anthropic.com/v1/messages',
    'https://kl.example/gateway/anthropic /v1/messages',
  ],
  [
    'the region of the key',
    bedrock,
    { baseUrl: region, origins: [region] },
    'https://bedrock-runtime.us-east-1.amazonaws.com/model/a/invoke',
    `${region} /model/a/invoke`,
  ],
  [
    'a global endpoint',
    vertex,
    { baseUrl: 'https://aiplatform.googleapis.com', origins: ['https://aiplatform.googleapis.com'] },
    'https://aiplatform.googleapis.com/v1/p',
    'https://aiplatform.googleapis.com /v1/p',
  ],
  [
    'a resource of one’s own',
    azure,
    { baseUrl: 'https://acme.openai.azure.com', origins: ['https://acme.openai.azure.com'] },
    'https://acme.openai.azure.com/openai/v1/chat',
    'https://acme.openai.azure.com /openai/v1/chat',
  ],
])('a request goes to %s', (_, provider, lease, url, expected) => {
  const { baseUrl, path } = findTarget(provider, lease, new URL(url))
  expect(`${baseUrl} ${path}`).toBe(expected)
})

it.each([
  [openai, 'https://api.openai.com/v1x/models'],
  [openai, 'https://api-openai.com/v1/models'],
  [openai, `${eu}.evil.example/v1/models`],
  [bedrock, 'https://bedrock-runtime.a.b.amazonaws.com/model/a/invoke'],
  [bedrock, 'https://bedrock-runtime.us-east-1.amazonaws.com.evil.example/model'],
  [vertex, 'https://evil-aiplatform.googleapis.com.evil.example/'],
  [azure, 'https://other.openai.azure.com/openai/v1/chat'],
])('a key of %o does not go by %s', (provider, url) => {
  const lease = { baseUrl: 'https://acme.openai.azure.com', origins: ['https://acme.openai.azure.com'] }
  expect(() => findTarget(provider, lease, new URL(url))).toThrow(expect.objectContaining({ code: 'url_not_allowed' }))
})
