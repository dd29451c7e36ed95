import type { Config } from '../config'
import { type Attribution, type CallRecord, eachValue } from '../ledger/record'
import { type Content, createContent, noContent } from './content'
import { scope } from './scope'
import type { StartSpan } from './span'
import { findTracer, readContext, runInContext, spanKey, type UserSpan } from './user-tracing'

const clientKind = 2
const errorStatus = 2

/** A span in the user's trace where the user has a tracer; ids of our own where not. */
export function createStartSpan(config: Pick<Config, 'telemetry'>, readAttribution: () => Attribution): StartSpan {
  return (operation, model) => {
    const context = readContext()
    const parent = readIds(context?.getValue(spanKey))
    const span = findTracer(config, scope)?.startSpan([operation, model].filter(Boolean).join(' '), { kind: clientKind }, context)
    const { recordInputs, recordOutputs } = config.telemetry
    const content = span && (recordInputs || recordOutputs) ? createContent(config.telemetry) : noContent
    let isEnded = false
    return {
      ids: chooseIds(readIds(span), parent),
      attribution: readAttribution(),
      content,
      run: (work) => (span && context ? runInContext(context.setValue(spanKey, span), work) : work()),
      end(record) {
        if (isEnded) return
        isEnded = true
        if (span) endSpan(span, record, content)
      },
    }
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

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const pool = new Uint8Array(4_096)
let used = pool.byteLength

/** Asking the system for a few bytes costs as much as asking for many. */
function randomHex(bytes: number): string {
  if (used + bytes > pool.byteLength) {
    crypto.getRandomValues(pool)
    used = 0
  }
  let text = ''
  for (const end = used + bytes; used < end; used++) text += hex[pool[used] ?? 0]
  return text
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
