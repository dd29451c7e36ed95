import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { Keylease } from '@keylease/sdk'
import type { UsageSummary } from '@keylease/shared/contracts/usage'
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createSandbox, type Sandbox } from '../../bench/sandbox/sandbox'
import { createHolder, type LeaseHolder } from '../../packages/server/test/lease-holder'
import { openService, type Service } from './room'

let service: Service
let sandbox: Sandbox
let holder: LeaseHolder
let keylease: Keylease
beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())
afterEach(async () => {
  await keylease.close()
  await sandbox.close()
})

async function useSandbox(provider: string, basePath: string): Promise<void> {
  sandbox = await createSandbox({ outputTokens: 20 })
  holder = await createHolder(service.harness, { key: { provider, baseUrl: `${sandbox.origin}${basePath}`, delivery: 'direct' } })
  keylease = new Keylease({ url: service.url, token: holder.token })
}

/** To the token: what the sandbox served is what the ledger has. */
async function expectExact(requests: number): Promise<void> {
  await keylease.flush()
  const answer = await service.harness.request('GET', `/api/v1/usage/summary?agentId=${holder.agentId}`)
  const { tokens, quality, ...summary } = (await answer.json()) as UsageSummary
  expect({ ...summary, ...tokens }).toMatchObject({
    requests,
    errors: 0,
    inputUncached: sandbox.served.inputTokens,
    outputText: sandbox.served.outputTokens,
  })
  expect(quality).toMatchObject({ exact: requests, estimated: 0, assumed: 0 })
  expect(sandbox.served.requests).toBe(requests)
}

const prompt = 'What did the last call cost?'
const messages = [{ role: 'user' as const, content: prompt }]

test('the sandbox speaks chat completions, whole and streamed, and the ledger agrees with it', async () => {
  await useSandbox('openai', '/v1')
  const client = new OpenAI(keylease.openai())
  const whole = await client.chat.completions.create({ model: 'gpt-5-mini', messages })
  let text = ''
  for await (const { choices } of await client.chat.completions.create({ model: 'gpt-5-mini', messages, stream: true })) {
    text += choices[0]?.delta.content ?? ''
  }
  expect(text).toBe(whole.choices[0]?.message.content)
  await expectExact(2)
})

test('the sandbox speaks messages, whole and streamed, and the ledger agrees with it', async () => {
  await useSandbox('anthropic', '')
  const client = new Anthropic(keylease.anthropic())
  const input = { model: 'claude-sonnet-5', max_tokens: 64, messages }
  const whole = await client.messages.create(input)
  const streamed = await client.messages.stream(input).finalMessage()
  expect(streamed.content).toMatchObject(whole.content.map(({ type }) => ({ type })))
  await expectExact(2)
})

test('an agent of the AI SDK calls a tool through responses, whole and streamed, and the ledger agrees with the sandbox', async () => {
  await useSandbox('openai', '/v1')
  const getWeather = tool({
    inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } }),
    execute: ({ city }) => `It is sunny in ${city}.`,
  })
  const input = { model: createOpenAI(keylease.openai())('gpt-5-mini'), prompt, tools: { getWeather }, stopWhen: stepCountIs(3) }
  const { steps } = await generateText(input)
  expect(steps[0]?.toolResults[0]?.output).toBe('It is sunny in Paris.')
  expect(await streamText(input).text).toMatch(/leased key/)
  await expectExact(4)
})
