/** What decides about the place of one call among the others that may tell of the same one. */
export interface LinkCall {
  id: string
  /** It always bills: others may tell of it, and it of none. */
  isLeased: boolean
  occurredAt: Date
  traceId: string | null
  spanId: string | null
  parentId: string | null
  isContainer: boolean
  /** False where it failed and used nothing: nobody pays for it in place of one that did. */
  hasUse: boolean
  responseHash: string | null
  /** What was asked for and what answered, as they were told. */
  models: readonly (string | null)[]
  /** The event that bills it; null is itself. */
  linkedTo: string | null
}

/** One span below another. */
export interface Edge {
  spanId: string
  parentId: string
}

/** A call under a lease by the response that it brought. */
export interface LeasedResponse {
  id: string
  occurredAt: Date
  responseHash: string
}

/** The ledger's view of one trace. A call without a trace stands alone in one. */
export interface Trace {
  calls: readonly LinkCall[]
  edges: readonly Edge[]
}
