import { ROOT_CONTEXT, type Span, trace } from '../../tests/contract/node_modules/@opentelemetry/api/dist/index.mjs'
import { OTLPLogExporter } from '../../tests/contract/node_modules/@opentelemetry/exporter-logs-otlp-proto/dist/index.mjs'
import { OTLPMetricExporter } from '../../tests/contract/node_modules/@opentelemetry/exporter-metrics-otlp-proto/dist/index.mjs'
import { OTLPTraceExporter as JsonExporter } from '../../tests/contract/node_modules/@opentelemetry/exporter-trace-otlp-http/dist/index.mjs'
import { OTLPTraceExporter as ProtobufExporter } from '../../tests/contract/node_modules/@opentelemetry/exporter-trace-otlp-proto/dist/index.mjs'
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type LogRecordExporter,
} from '../../tests/contract/node_modules/@opentelemetry/sdk-logs/dist/index.mjs'
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '../../tests/contract/node_modules/@opentelemetry/sdk-metrics/dist/index.mjs'
import {
  BatchSpanProcessor,
  type SpanExporter,
  TracerProvider,
} from '../../tests/contract/node_modules/@opentelemetry/sdk-trace/dist/index.mjs'
import { describeCall, describeRequest, owe, type Sent, toCost } from './calls'
import { createResource } from './resource'

/** Exporters show no base class whose package we could name: what they are is told here. */
const asExporter = <T>(exporter: unknown): T => exporter as T

/** A service under the SDK of OpenTelemetry that makes so many traces: a request, an agent, its call of a model and a query. */
export async function sendTraces(url: string, service: string, traces: number, sent: Sent): Promise<void> {
  const Exporter = service.endsWith('json') ? JsonExporter : ProtobufExporter
  const exporter = asExporter<SpanExporter>(new Exporter({ url: `${url}/v1/traces` }))
  const resource = createResource({ 'service.name': service, 'bench.agent': `agent-of-${service}` })
  const provider = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter, ...small, maxQueueSize: traces * 4 })],
  })
  const tracer = provider.getTracer('bench', '1.0.0')
  const below = (parent: Span) => trace.setSpan(ROOT_CONTEXT, parent)
  for (let n = 0; n < traces; n++) {
    const tokens = { input: 100 + (n % 97), cacheRead: n % 90, output: 50 + (n % 101) }
    const call = describeCall(tokens)
    const request = tracer.startSpan('POST /answers', { kind: 1 }, ROOT_CONTEXT)
    const agent = tracer.startSpan('invoke_agent', {}, below(request))
    agent.setAttributes({ ...call, 'gen_ai.operation.name': 'invoke_agent' })
    tracer.startSpan(`chat ${call['gen_ai.request.model']}`, { kind: 2 }, below(agent)).setAttributes(call).end()
    tracer.startSpan('SELECT orders', { kind: 2 }, below(agent)).setAttribute('db.system.name', 'postgresql').end()
    agent.end()
    request.end()
    owe(sent, service, toCost(tokens))
  }
  sent.spans += traces * 4
  sent.others += traces * 3
  await provider.shutdown()
}

/** Many requests, so that a fault finds some on their way. */
const small = { maxExportBatchSize: 64 }
const claudeCode = createResource({ 'service.name': 'claude-code' })

/** Claude Code: each request once or, as by a sender that is not sure, twice; and a prompt beside it, which is no call. */
export async function sendEvents(url: string, requests: number, sent: Sent): Promise<void> {
  const exporter = asExporter<LogRecordExporter>(new OTLPLogExporter({ url: `${url}/v1/logs` }))
  const processors = [new BatchLogRecordProcessor({ exporter, ...small, maxQueueSize: requests * 3 })]
  const provider = new LoggerProvider({ resource: claudeCode, processors })
  const logger = provider.getLogger('com.anthropic.claude_code.events', '2.1.40')
  for (let n = 0; n < requests; n++) {
    const tokens = { input: 12, cacheRead: 21_000 + n, output: 431 }
    const attributes = describeRequest(tokens)
    const copies = n % 3 === 0 ? 2 : 1
    for (let copy = 0; copy < copies; copy++) logger.emit({ body: 'claude_code.api_request', attributes, timestamp: new Date() })
    logger.emit({ body: 'claude_code.user_prompt', attributes: { 'event.name': 'user_prompt' }, timestamp: new Date() })
    owe(sent, 'claude-code', toCost(tokens))
    sent.logRecords += copies + 1
  }
  sent.others += requests
  await provider.shutdown()
}

export async function sendMetrics(url: string, sent: Sent): Promise<void> {
  const exporter = asExporter<PushMetricExporter>(new OTLPMetricExporter({ url: `${url}/v1/metrics` }))
  const provider = new MeterProvider({ resource: claudeCode, readers: [new PeriodicExportingMetricReader({ exporter })] })
  const counter = provider.getMeter('com.anthropic.claude_code').createCounter('claude_code.token.usage')
  for (const type of ['input', 'output', 'cacheRead']) counter.add(1_200, { type })
  sent.dataPoints += 3
  sent.others += 3
  await provider.shutdown()
}
