import { catalogue } from '@keylease/shared/providers/index'
import { toConventionName } from '@keylease/shared/semconv'
import { expect, test } from 'vitest'
import { findUpstream, toProviderId } from './provider'

test('every provider of the catalogue is found again by its own id and by the name of the conventions', () => {
  for (const { id } of catalogue) {
    expect(toProviderId(id)).toBe(id)
    expect(toProviderId(toConventionName(id))).toBe(id)
  }
})

test.each([
  ['az.ai.openai', 'azure'],
  ['azure.ai.inference', 'azure'],
  ['azure-openai.chat', 'azure'],
  ['gcp.vertex_ai', 'vertex'],
  ['vertex_ai', 'vertex'],
  ['google.vertex.chat', 'vertex'],
  ['google.vertex.anthropic.messages', 'vertex'],
  ['google.generative-ai', 'google'],
  ['gemini', 'google'],
  ['gcp.gen_ai', 'google'],
  ['amazon-bedrock', 'bedrock'],
  ['AWS', 'bedrock'],
  ['x_ai', 'xai'],
  ['xai.chat', 'xai'],
  ['mistral_ai', 'mistral'],
  ['OpenAI', 'openai'],
  ['openai.responses', 'openai'],
  ['Anthropic', 'anthropic'],
  ['together_ai', 'together'],
  ['ibm.watsonx.ai', 'ibm.watsonx.ai'],
  ['moonshot_ai', 'moonshot_ai'],
  ['My Provider/<script>', 'my-providerscript'],
])('%s is %s', (told, id) => {
  expect(toProviderId(told)).toBe(id)
})

test.each([
  ['openai', 'api.groq.com', 'llama', 'groq'],
  ['openai', 'https://api.deepseek.com/v1/', 'deepseek-chat', 'deepseek'],
  ['openai', 'my-company.openai.azure.com', 'gpt-5', 'azure'],
  ['openai', '127.0.0.1', 'gpt-5', 'openai'],
  ['langchain', null, 'claude-sonnet-4-5', 'anthropic'],
  ['Langchain', null, 'gpt-5', 'openai'],
  ['litellm_proxy', null, 'mistral/mistral-large-latest', 'mistral'],
  [null, null, 'eu.anthropic.claude-sonnet-4-5-v1:0', 'bedrock'],
  [null, null, 'text-embedding-3-small', 'openai'],
  [null, null, 'mine', 'unknown'],
])('%s at %s with %s is %s', (told, address, model, id) => {
  expect(findUpstream(told, address, model).provider).toBe(id)
})

test('a host tells the region of a cloud', () => {
  expect(findUpstream(null, 'bedrock-runtime.us-west-2.amazonaws.com', null)).toEqual({ provider: 'bedrock', region: 'us-west-2' })
  expect(findUpstream('anthropic', 'us-east5-aiplatform.googleapis.com:443', null)).toEqual({ provider: 'vertex', region: 'us-east5' })
})
