import type { Attribution, CallRecord } from '../ledger/record'
import type { Content } from './content'

/** One call in the user's trace where there is one; its ids name the call in the ledger too. */
export interface CallSpan {
  readonly ids: { traceId: string; spanId: string; parentSpanId: string | null }
  readonly attribution: Attribution
  /** Somebody else sees it end. */
  readonly isTraced: boolean
  /** Where bodies go that the user wants in the trace. */
  readonly content: Content
  /** Spans that `work` starts, as an instrumented fetch does, lie below this one. */
  run<T>(work: () => T): T
  /** Ended once; what comes later is not heard. */
  end(record: CallRecord): void
}

/** Makes the span of a call: its name is known before it is sent. */
export type StartSpan = (operation: string, readModel: () => string | null) => CallSpan
