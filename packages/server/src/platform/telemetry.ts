import { errorTable } from '@keylease/shared/errors'
import { type Attributes, context, diag, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { StartError } from '../env'
import { AppError } from './errors'

export interface Telemetry {
  stop(): Promise<void>
}

const exportTimeoutMs = 2_000

/** The service's own traces, only when somebody wants them: without an endpoint the SDK is not even loaded. */
export async function startTelemetry(endpoint: string | undefined, version: string): Promise<Telemetry> {
  if (endpoint === undefined) return { stop: async () => undefined }
  const url = readTracesUrl(endpoint)
  const [{ NodeSDK }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ])
  const sdk = new NodeSDK({
    serviceName: 'keylease',
    resourceDetectors: [{ detect: () => ({ attributes: { 'service.version': version } }) }],
    traceExporter: new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs }),
    textMapPropagator: null,
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  })
  // The SDK's constructor sets a console logger when OTEL_LOG_LEVEL is set; our standard output is JSON alone.
  diag.disable()
  sdk.start()
  return { stop: () => stopTelemetry(sdk) }
}

/** One span per request. */
export function traceRequest<T>(name: string, attributes: Attributes, run: (span: Span) => Promise<T>): Promise<T> {
  return trace.getTracer('keylease').startActiveSpan(name, { kind: SpanKind.SERVER, attributes }, async (span) => {
    try {
      return await run(span)
    } catch (error) {
      recordFailure(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

/** By code alone: a message or a stack might carry what the caller sent. */
export function recordFailure(span: Span, error: unknown): void {
  const code = error instanceof AppError ? error.code : 'internal'
  span.setAttribute('error.type', code)
  span.addEvent('exception', { 'exception.type': code })
  if (errorTable[code].status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
}

function readTracesUrl(endpoint: string): string {
  const base = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (base?.protocol !== 'http:' && base?.protocol !== 'https:') {
    throw new StartError('OTEL_EXPORTER_OTLP_ENDPOINT is not valid: expected an http or https URL such as http://127.0.0.1:4318.')
  }
  base.pathname = `${base.pathname.replace(/\/$/, '')}/v1/traces`
  return base.href
}

/** A collector that is away must not fail the stop; what it did not take is lost, as traces may be. */
async function stopTelemetry(sdk: { shutdown(): Promise<void> }): Promise<void> {
  await Promise.allSettled([sdk.shutdown()])
  trace.disable()
  context.disable()
  propagation.disable()
}
