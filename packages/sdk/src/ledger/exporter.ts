import type { Config } from '../config'
import { scope } from '../telemetry/scope'
import { runUntraced } from '../telemetry/user-tracing'
import type { Transport } from '../transport/call'
import { compress } from './compress'
import { readAnswer } from './otlp-answer'
import { toExportBody } from './otlp-body'

/** What became of a batch. */
export type Outcome =
  | { kind: 'acknowledged'; rejected: number; message: string }
  | { kind: 'refused'; message: string }
  | { kind: 'later'; afterMs: number | null; message: string }

/** By the OTLP specification these alone are sent again. */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504])
const protobuf = 'application/x-protobuf'
const longestAnswer = 64 * 1024

export async function exportSpans(config: Config, transport: Transport, spans: Uint8Array): Promise<Outcome> {
  try {
    const { body, headers } = await compress(toExportBody(spans, scope))
    const request = {
      method: 'POST',
      body,
      headers: { ...headers, 'content-type': protobuf, accept: protobuf },
      signal: AbortSignal.timeout(config.timeoutMs),
    }
    const answer = await runUntraced(() => transport.open('/v1/traces', request))
    return readOutcome(config, answer, new Uint8Array(await answer.arrayBuffer()).subarray(0, longestAnswer))
  } catch (error) {
    return { kind: 'later', afterMs: null, message: `the service at ${config.url} cannot be reached (${describe(error)}).` }
  }
}

function readOutcome({ url, clock }: Config, answer: Response, body: Uint8Array): Outcome {
  const { status, headers } = answer
  const isProtobuf = headers.get('content-type')?.startsWith(protobuf) === true
  const told = isProtobuf ? readAnswer(body, answer.ok) : parseObject(new TextDecoder().decode(body))
  if (answer.ok && told) return readSuccess(told)
  if (retryable.has(status)) {
    return { kind: 'later', afterMs: readRetryAfter(headers.get('retry-after'), clock.now()), message: `the service answered ${status}.` }
  }
  // A page of a proxy, or a redirect to one: the service itself has said nothing.
  if (status < 400) return { kind: 'later', afterMs: null, message: `what answers at ${url} is not the Keylease service.` }
  return { kind: 'refused', message: `the service refused them with ${status}${readMessage(told)}` }
}

function readSuccess(told: Record<string, unknown>): Outcome {
  const { rejectedSpans = 0, errorMessage = '' } = (told['partialSuccess'] ?? {}) as { rejectedSpans?: unknown; errorMessage?: unknown }
  const rejected = Number(rejectedSpans)
  return { kind: 'acknowledged', rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0, message: String(errorMessage) }
}

/** Its body is a google.rpc.Status, in protobuf or JSON, or the error of whatever stands before it. */
function readMessage(told: Record<string, unknown> | null): string {
  const message = told?.['message'] ?? (told?.['error'] as { message?: unknown } | undefined)?.message
  return typeof message === 'string' ? `: ${message}` : '.'
}

/** Seconds, or a date. */
function readRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - nowMs
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}

/** An empty body says the same as an empty object. */
function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))
