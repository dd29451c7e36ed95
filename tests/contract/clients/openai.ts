import type { Keylease } from '@keylease/sdk'
import Groq from 'groq-sdk'
import OpenAI, { AzureOpenAI } from 'openai'
import { type Calls, type ClientCase, prompt, readField } from './client-case'

const model = 'gpt-5-mini'
const messages = [{ role: 'user' as const, content: prompt }]
const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: {} } }]

const toCalls = (client: OpenAI): Calls => ({
  ask: async (signal) => (await client.chat.completions.create({ model, messages }, { signal })).choices[0]?.message.content ?? '',
  stream: (signal) => client.chat.completions.create({ model, messages, stream: true }, { signal }),
  async askForTool() {
    const whole = await client.chat.completions.stream({ model, messages, tools }).finalChatCompletion()
    const call = whole.choices[0]?.message.tool_calls?.[0]
    return call?.type === 'function' ? call.function.name : undefined
  },
  readStatus: (error) => readField(error, 'status'),
})

const wires = { whole: 'openai/chat-plain', stream: 'openai/chat-stream', tool: 'openai/chat-tools' }

export const openai: ClientCase = {
  name: 'openai',
  provider: 'openai',
  basePath: '/v1',
  wires,
  open: (keylease) => toCalls(new OpenAI({ ...keylease.openai(), maxRetries: 0 })),
}

export const wrappedOpenai: ClientCase = {
  ...openai,
  name: 'openai, wrapped',
  open: (keylease) => toCalls(keylease.wrap(new OpenAI({ apiKey: 'sk-of-before', maxRetries: 0 }))),
}

export const azure: ClientCase = {
  name: 'openai for Azure',
  provider: 'azure',
  basePath: '',
  wires,
  open: (keylease, endpoint) =>
    toCalls(new AzureOpenAI({ ...keylease.azure({ endpoint, apiVersion: '2024-10-21', deployment: 'gpt-5-mini' }), maxRetries: 0 })),
}

/** A provider that speaks OpenAI's wire below a base URL of its own. */
export const xai: ClientCase = {
  name: 'openai for xAI',
  provider: 'xai',
  basePath: '/v1',
  wires,
  open: (keylease) => toCalls(new OpenAI({ ...keylease.xai(), baseURL: 'https://api.x.ai/v1', maxRetries: 0 })),
}

function toGroqCalls(keylease: Keylease): Calls {
  const client = new Groq({ ...keylease.groq(), maxRetries: 0 })
  const groqModel = 'llama-3.3-70b-versatile'
  return {
    ask: async (signal) =>
      (await client.chat.completions.create({ model: groqModel, messages }, { signal })).choices[0]?.message.content ?? '',
    stream: (signal) => client.chat.completions.create({ model: groqModel, messages, stream: true }, { signal }),
    async askForTool() {
      let name: string | undefined
      for await (const { choices } of await client.chat.completions.create({ model: groqModel, messages, tools, stream: true })) {
        name ??= choices[0]?.delta.tool_calls?.[0]?.function?.name
      }
      return name
    },
    readStatus: (error) => readField(error, 'status'),
  }
}

export const groq: ClientCase = {
  name: 'groq-sdk',
  provider: 'groq',
  basePath: '/openai/v1',
  wires: { whole: 'groq/chat-plain', stream: 'groq/chat-stream', tool: 'groq/chat-tools' },
  open: toGroqCalls,
}
