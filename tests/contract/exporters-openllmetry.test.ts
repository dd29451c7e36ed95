import { forceFlush, initialize } from '@traceloop/node-server-sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer } from './edge'
import { openTelemetryRoom, type TelemetryRoom } from './telemetry-room'

let room: TelemetryRoom
beforeAll(async () => {
  room = await openTelemetryRoom()
})
afterAll(() => room.close())

// It counts the words of a stream by itself, passes on nothing of what the provider counted, and does not say which it did.
test('OpenLLMetry around openai: a plain and a streamed call are billed once each, by what it tells', async () => {
  initialize({
    baseUrl: room.url,
    apiKey: room.token,
    traceloopSyncEnabled: false,
    silenceInitializationMessage: true,
    instrumentModules: { openAI: OpenAI },
  })
  const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${room.edge.origin}/v1`, maxRetries: 0 })
  const call = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Say ok.' }] }
  room.edge.order(answer('openai/chat-cached'), answer('openai/chat-stream'))
  await client.chat.completions.create(call)
  for await (const _ of await client.chat.completions.create({ ...call, stream: true, stream_options: { include_usage: true } }));
  await forceFlush()
  const billed = await room.readBilled()
  expect(billed).toMatchObject([
    { provider: 'openai', operation: 'chat', status: 'ok', quality: 'estimated', input_uncached: 2_006, output_text: 300, requests: 1 },
    { provider: 'openai', operation: 'chat', status: 'ok', quality: 'estimated', input_uncached: 3, output_text: 1, requests: 1 },
  ])
  expect(billed).toHaveLength(2)
})
