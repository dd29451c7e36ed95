import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { GoogleGenAI } from '@google/genai'
import { Keylease, KeyleaseError } from '@keylease/sdk'
import { Mistral } from '@mistralai/mistralai'
import { generateText } from 'ai'
import { CohereClientV2 } from 'cohere-ai'
import Groq from 'groq-sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prompt } from './clients/client-case'
import { answer } from './edge'
import { openRoom, openService, type Service } from './room'

/** How often its clients ask, and what they are answered. */
class CountingKeylease extends Keylease {
  readonly answers: Response[] = []

  protected override clientFetch(provider: string, options?: { keyId?: string }): typeof fetch {
    const send = super.clientFetch(provider, options)
    return async (input, init) => {
      const given = await send(input, init)
      this.answers.push(given)
      return given
    }
  }
}

const messages = [{ role: 'user' as const, content: prompt }]

/** Official clients as they come, but for the AI SDK, whose retries are many and slow: how often each asks by its own defaults, and where it says the most output tokens. */
const clients = [
  {
    provider: 'openai',
    basePath: '/v1',
    wire: 'openai/chat-plain',
    cap: { max_completion_tokens: 77 },
    ask: (keylease: Keylease) => new OpenAI(keylease.openai()).chat.completions.create({ model: 'gpt-5-mini', messages }),
  },
  {
    provider: 'openai',
    basePath: '/v1',
    wire: 'openai/responses-plain',
    cap: { max_output_tokens: 77 },
    ask: (keylease: Keylease) => new OpenAI(keylease.openai()).responses.create({ model: 'gpt-5-mini', input: prompt }),
  },
  {
    provider: 'openai',
    basePath: '/v1',
    wire: 'openai/chat-plain',
    cap: { max_completion_tokens: 77 },
    ask: (keylease: Keylease) => generateText({ model: createOpenAI(keylease.openai()).chat('gpt-5-mini'), prompt, maxRetries: 0 }),
  },
  {
    provider: 'groq',
    basePath: '/openai/v1',
    wire: 'groq/chat-plain',
    cap: { max_completion_tokens: 77 },
    ask: (keylease: Keylease) => new Groq(keylease.groq()).chat.completions.create({ model: 'llama-3.3-70b-versatile', messages }),
  },
  {
    provider: 'anthropic',
    basePath: '',
    wire: 'anthropic/messages-plain',
    cap: null,
    ask: (keylease: Keylease) =>
      new Anthropic(keylease.anthropic()).messages.create({ model: 'claude-sonnet-5', max_tokens: 1_024, messages }),
  },
  {
    provider: 'google',
    basePath: '',
    wire: 'google/generate-plain',
    cap: { generationConfig: { maxOutputTokens: 77 } },
    ask: (keylease: Keylease) => new GoogleGenAI(keylease.google()).models.generateContent({ model: 'gemini-2.5-flash', contents: prompt }),
  },
  {
    provider: 'cohere',
    basePath: '',
    wire: 'cohere/chat-plain',
    cap: { max_tokens: 77 },
    asks: 3,
    ask: async (keylease: Keylease) => new CohereClientV2(keylease.cohere()).chat({ model: 'command-a-03-2025', messages }),
  },
  {
    provider: 'mistral',
    basePath: '/v1',
    wire: 'mistral/chat-plain',
    cap: { max_tokens: 77 },
    ask: (keylease: Keylease) => new Mistral(keylease.mistral()).chat.complete({ model: 'mistral-small-latest', messages }),
  },
  {
    provider: 'bedrock',
    basePath: '',
    wire: 'bedrock/converse-plain',
    key: { region: 'us-east-1' },
    cap: { inferenceConfig: { maxTokens: 77 } },
    asks: 3,
    ask: (keylease: Keylease) =>
      new BedrockRuntimeClient(keylease.bedrock({ region: 'us-east-1' })).send(
        new ConverseCommand({
          modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
          messages: [{ role: 'user', content: [{ text: prompt }] }],
        }),
      ),
  },
]

let service: Service
beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

const catchError = (work: Promise<unknown>): Promise<unknown> => work.then(String, (thrown: unknown) => thrown)

test.each(clients)(
  'the client of $provider gets the output limit of its grant ($cap), and is refused where it asks too often',
  async ({ ask, cap, wire, provider, basePath, key = {}, asks = 1 }) => {
    const grant = { requestsPerMinute: 1, defaultMaxOutputTokens: 77 }
    const room = await openRoom(service, { provider, basePath, key, grant })
    await using keylease = new CountingKeylease({ url: service.url, token: room.holder.token })
    room.edge.order(answer(wire))
    await ask(keylease)
    const sent: unknown = JSON.parse(room.edge.heard[0]?.body ?? '')
    if (cap) expect(sent).toMatchObject(cap)
    expect(keylease.answers[0]?.headers.get('x-keylease-max-output-tokens')).toBe(cap && '77')

    const startedAtMs = performance.now()
    const error = await catchError(ask(keylease))
    expect(KeyleaseError.from(error), String(error)).toMatchObject({ code: 'rate_limited', retryable: true })
    expect(keylease.answers[1]?.status).toBe(429)
    expect([keylease.answers.length - 1, room.edge.heard.length]).toEqual([asks, 1])
    expect(performance.now() - startedAtMs).toBeLessThan(10_000)
    await room.close()
  },
)

test.each(clients)('the client of $provider does not reach the provider where the service cannot be reached', async ({ ask, asks = 1 }) => {
  await using keylease = new CountingKeylease({ url: 'http://127.0.0.1:1', token: 'kl_test', timeoutMs: 100 })
  const error = await catchError(ask(keylease))
  expect(KeyleaseError.from(error), String(error)).toMatchObject({ code: 'connection_failed' })
  expect(keylease.answers).toHaveLength(asks)
})
