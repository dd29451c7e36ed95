import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { LegacyOpenTelemetry, OpenTelemetry } from '@ai-sdk/otel'
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, SimpleSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { embed, generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer, hang } from './edge'
import { openTelemetryRoom, type TelemetryRoom } from './telemetry-room'

let room: TelemetryRoom
beforeAll(async () => {
  room = await openTelemetryRoom()
})
afterAll(() => room.close())

const openProvider = (exporter: SpanExporter = new ProtobufTraceExporter(room.to('traces'))) =>
  new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] })

const chat = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5-mini',
  'gen_ai.usage.input_tokens': 1_200,
  'gen_ai.usage.output_tokens': 500,
  'gen_ai.usage.cache_read.input_tokens': 900,
  'gen_ai.usage.reasoning.output_tokens': 320,
}

const ofChat = {
  provider: 'openai',
  operation: 'chat',
  request_model: 'gpt-5-mini',
  status: 'ok',
  quality: 'exact',
  input_uncached: 300,
  cache_read: 900,
  output_text: 180,
  reasoning: 320,
  requests: 1,
  is_priced: true,
}

describe('the exporters of OpenTelemetry', () => {
  test.each([
    ['JSON', () => new JsonTraceExporter(room.to('traces'))],
    ['protobuf', () => new ProtobufTraceExporter(room.to('traces'))],
  ])('%s: a call below an agent is billed, once, however often its batch is sent', async (_, open) => {
    const exporter = open()
    // Two processors send everything twice.
    const spanProcessors = [new BatchSpanProcessor({ exporter }), new SimpleSpanProcessor({ exporter })]
    const provider = new TracerProvider({ spanProcessors })
    const tracer = provider.getTracer('my-agent', '1.0.0')
    tracer.startActiveSpan('invoke_agent', (agent) => {
      agent.setAttributes({ ...chat, 'gen_ai.operation.name': 'invoke_agent' })
      tracer.startSpan('chat gpt-5-mini').setAttributes(chat).end()
      agent.end()
    })
    await provider.shutdown()
    expect(await room.readBilled()).toEqual([ofChat])
  })

  test('logs: what a coding agent tells of a request is billed', async () => {
    const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(room.to('logs')) })] })
    const logger = provider.getLogger('com.anthropic.claude_code.events', '2.1.40')
    const attributes = {
      'event.name': 'api_request',
      'session.id': 's-1',
      model: 'claude-sonnet-4-5-20250929',
      cost_usd: '0.0357',
      input_tokens: '12',
      output_tokens: '431',
      cache_read_tokens: '21000',
      request_id: 'req_1',
    }
    for (let sent = 0; sent < 2; sent++) {
      logger.emit({ body: 'claude_code.api_request', attributes, timestamp: new Date() })
    }
    await provider.shutdown()
    expect(await room.readBilled()).toMatchObject([
      {
        provider: 'anthropic',
        quality: 'exact',
        conversation: 's-1',
        input_uncached: 12,
        cache_read: 21_000,
        output_text: 431,
        reported_nanos: 35_700_000,
      },
    ])
  })

  test('metrics: they are taken, and billed nowhere', async () => {
    const exporter = new OTLPMetricExporter(room.to('metrics'))
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] })
    provider.getMeter('test').createCounter('gen_ai.client.inference.usage.input_tokens').add(1_200, chat)
    await provider.forceFlush()
    await provider.shutdown()
    expect(await room.readBilled()).toEqual([])
  })
})

/** It passes on nothing of what the cache wrote. */
const cachedChat = { provider: 'openai', operation: 'chat', status: 'ok', quality: 'exact', output_text: 300, requests: 1 }

describe('OpenInference around openai', () => {
  test('a plain call is billed as the provider counted it; a stream, of which it tells no use, is an estimate', async () => {
    const provider = openProvider()
    const instrumentation = new OpenAIInstrumentation({ tracerProvider: provider })
    instrumentation.manuallyInstrument(OpenAI)
    const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${room.edge.origin}/v1`, maxRetries: 0 })
    const call = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Say ok.' }] }
    room.edge.order(answer('openai/chat-cached'), answer('openai/chat-stream'))
    await client.chat.completions.create(call)
    for await (const _ of await client.chat.completions.create({ ...call, stream: true, stream_options: { include_usage: true } }));
    await provider.shutdown()
    instrumentation.disable()
    const billed = await room.readBilled()
    const streamed = { provider: 'openai', operation: 'chat', status: 'ok', quality: 'estimated', is_stream: true }
    expect(billed).toMatchObject([{ ...cachedChat, cache_read: 1_024, input_uncached: 982 }, streamed])
    expect(billed).toHaveLength(2)
  })
})

describe('the AI SDK', () => {
  const openai = () => createOpenAI({ apiKey: 'sk-test', baseURL: `${room.edge.origin}/v1` })
  const anthropic = () => createAnthropic({ apiKey: 'sk-test', baseURL: `${room.edge.origin}/v1` })
  const cached = {
    provider: 'anthropic',
    operation: 'chat',
    status: 'ok',
    quality: 'exact',
    input_uncached: 7,
    cache_read: 16_399,
    output_text: 123,
  }

  test('@ai-sdk/otel: the call is billed, and neither its step nor its agent', async () => {
    const provider = openProvider()
    const telemetry = { integrations: [new OpenTelemetry({ tracer: provider.getTracer('gen_ai') })] }
    room.edge.order(answer('anthropic/messages-cached'))
    await generateText({ model: anthropic()('claude-sonnet-5'), prompt: 'Say ok.', maxRetries: 0, telemetry })
    await provider.shutdown()
    expect(await room.readBilled()).toMatchObject([{ ...cached, cache_write_5m: 2_089 }])
  })

  test('the spans of before: what the cache keeps for an hour is told apart', async () => {
    const provider = openProvider()
    const telemetry = { integrations: [new LegacyOpenTelemetry({ tracer: provider.getTracer('ai') })] }
    room.edge.order(answer('anthropic/messages-cached'))
    await generateText({ model: anthropic()('claude-sonnet-5'), prompt: 'Say ok.', maxRetries: 0, experimental_telemetry: telemetry })
    await provider.shutdown()
    expect(await room.readBilled()).toMatchObject([{ ...cached, cache_write_5m: 1_589, cache_write_1h: 500 }])
  })

  test.each(['new', 'before'])('a stream, an embedding and a stream that its caller left, by the spans of %s', async (kind) => {
    const provider = openProvider()
    const integration =
      kind === 'new'
        ? new OpenTelemetry({ tracer: provider.getTracer('gen_ai') })
        : new LegacyOpenTelemetry({ tracer: provider.getTracer('ai') })
    const telemetry = { integrations: [integration] }
    room.edge.order(answer('openai/chat-stream'), answer('openai/embeddings'), hang('openai/chat-stream'))
    const model = openai().chat('gpt-5-mini')
    await streamText({ model, prompt: 'Say ok.', maxRetries: 0, telemetry }).text
    await embed({ model: openai().embedding('text-embedding-3-small'), value: 'ok', maxRetries: 0, telemetry })
    const abort = new AbortController()
    const left = streamText({ model, prompt: 'Say ok.', maxRetries: 0, telemetry, abortSignal: abort.signal, onError: () => undefined })
    for await (const part of left.fullStream) if (part.type === 'text-delta') abort.abort()
    await provider.shutdown()
    const billed = await room.readBilled()
    expect(billed).toMatchObject([
      { operation: 'chat', status: 'ok', quality: 'exact', input_uncached: 12, requests: 1 },
      { operation: 'embeddings', status: 'ok', quality: 'exact', requests: 1 },
      { operation: 'chat', status: 'aborted', quality: 'estimated', requests: 1 },
    ])
    expect(Number(billed[0]?.['output_text'] ?? 0) + Number(billed[0]?.['reasoning'] ?? 0)).toBe(70)
  })
})
