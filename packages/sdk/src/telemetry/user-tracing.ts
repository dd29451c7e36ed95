import type { Config } from '../config'

/** What we use of @opentelemetry/api, by shape: the package need not be there. */
export interface UserSpan {
  spanContext(): { traceId: string; spanId: string }
  setAttributes(attributes: Record<string, string | number | boolean | string[]>): unknown
  setStatus(status: { code: number; message?: string }): unknown
  /** One that is not sampled records nothing. */
  isRecording?(): boolean
  end(): void
}

export interface UserContext {
  getValue(key: symbol): unknown
  setValue(key: symbol, value: unknown): UserContext
}

interface UserApi {
  trace?: { getTracer(name: string, version?: string): unknown }
  context?: { active(): UserContext; with<T>(context: UserContext, work: () => T): T }
}

interface UserTracer {
  startSpan(name: string, options: { kind: number }, context?: UserContext): UserSpan
}

/** The keys under which every copy of the API finds its globals and the active span. */
const apiKey = Symbol.for('opentelemetry.js.api.1')
export const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')
const suppressKey = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

const readApi = (): UserApi => (globalThis as { [apiKey]?: UserApi })[apiKey] ?? {}

export const readContext = (): UserContext | undefined => readApi().context?.active()

export const runInContext = <T>(context: UserContext, work: () => T): T => {
  const manager = readApi().context
  return manager ? manager.with(context, work) : work()
}

/** What we send for ourselves is no part of the user's trace. */
export function runUntraced<T>(work: () => T): T {
  const context = readContext()
  return context ? runInContext(context.setValue(suppressKey, true), work) : work()
}

/** The tracer that the user named, else that of the process; asked for each call, for it may be set up after us. */
export function findTracer({ telemetry }: Pick<Config, 'telemetry'>, scope: { name: string; version: string }): UserTracer | null {
  const provider = telemetry.tracerProvider ?? readApi().trace
  const tracer = provider?.getTracer(scope.name, scope.version)
  return isTracer(tracer) ? tracer : null
}

const isTracer = (value: unknown): value is UserTracer =>
  typeof value === 'object' && value !== null && 'startSpan' in value && typeof value.startSpan === 'function'
