import type { Config } from '../config'
import { type Attribution, type CallRecord, eachValue } from '../ledger/record'
import { type Content, createContent, noContent } from './content'
import { scope } from './scope'
import type { CallSpan, StartSpan } from './span'
import { findTracer, readContext, runInContext, spanKey, type UserContext, type UserSpan } from './user-tracing'

const clientKind = 2
const errorStatus = 2

/** A span in the user's trace where the user has a tracer; ids of our own where not. */
export function createStartSpan(config: Pick<Config, 'telemetry'>, readAttribution: () => Attribution): StartSpan {
  return (operation, readModel) => {
    const context = readContext()
    const parent = readIds(context?.getValue(spanKey))
    const span = findTracer(config, scope)?.startSpan([operation, readModel()].filter(Boolean).join(' '), { kind: clientKind }, context)
    const { recordInputs, recordOutputs } = config.telemetry
    const content = span && (recordInputs || recordOutputs) ? createContent(config.telemetry) : noContent
    return new StartedSpan(chooseIds(readIds(span), parent), readAttribution(), content, span ?? null, context)
  }
}

class StartedSpan implements CallSpan {
  #isEnded = false
  readonly #span: UserSpan | null
  readonly #context: UserContext | undefined

  constructor(
    readonly ids: CallSpan['ids'],
    readonly attribution: Attribution,
    readonly content: Content,
    span: UserSpan | null,
    context: UserContext | undefined,
  ) {
    this.#span = span
    this.#context = context
  }

  get isTraced(): boolean {
    return this.#span !== null && this.#span.isRecording?.() !== false
  }

  run<T>(work: () => T): T {
    return this.#span && this.#context ? runInContext(this.#context.setValue(spanKey, this.#span), work) : work()
  }

  end(record: CallRecord): void {
    if (this.#isEnded) return
    this.#isEnded = true
    if (this.#span) endSpan(this.#span, record, this.content)
  }
}

interface Ids {
  traceId: string
  spanId: string
}

/** A tracer that records nothing gives zeros, or its parent's own ids: a call needs one that nothing else has. */
function chooseIds(own: Ids | null, parent: Ids | null) {
  const parentSpanId = parent?.spanId ?? null
  if (own && own.spanId !== parentSpanId) return { ...own, parentSpanId: own.traceId === parent?.traceId ? parentSpanId : null }
  return { traceId: parent?.traceId ?? randomHex(16), spanId: randomHex(8), parentSpanId }
}

function readIds(span: unknown): Ids | null {
  const { traceId, spanId } = (span as Partial<UserSpan> | undefined)?.spanContext?.() ?? { traceId: '', spanId: '' }
  return isId(traceId, 32) && isId(spanId, 16) ? { traceId, spanId } : null
}

const isId = (text: string, length: number) => text.length === length && /^[0-9a-f]+$/.test(text) && /[^0]/.test(text)

const digits = new TextEncoder().encode('0123456789abcdef')
const decoder = new TextDecoder()
const poolBytes = 3_072
let pool = ''
let used = 0

/** Asking the system for a few bytes costs as much as asking for many, and so does writing them out. */
function randomHex(bytes: number): string {
  if (used + bytes * 2 > pool.length) {
    pool = decoder.decode(drawDigits())
    used = 0
  }
  used += bytes * 2
  return pool.slice(used - bytes * 2, used)
}

/** A random byte is two random digits. */
function drawDigits(): Uint8Array {
  const random = crypto.getRandomValues(new Uint8Array(poolBytes))
  const drawn = new Uint8Array(poolBytes * 2)
  for (let at = 0; at < drawn.length; at++) drawn[at] = digits[((random[at >> 1] ?? 0) >> (at % 2 === 0 ? 4 : 0)) & 15] ?? 0
  return drawn
}

function endSpan(span: UserSpan, record: CallRecord, content: Content): void {
  span.setAttributes({ ...toOtelAttributes(record), ...content.attributes })
  if (record.status !== 'ok') span.setStatus({ code: errorStatus, message: record.errorType ?? record.status })
  span.end()
}

function toOtelAttributes(record: CallRecord): Record<string, string | number | boolean | string[]> {
  const attributes: Record<string, string | number | boolean | string[]> = {}
  eachValue(record, (name, value) => {
    attributes[name] = typeof value === 'object' ? [...value] : value
  })
  return attributes
}
