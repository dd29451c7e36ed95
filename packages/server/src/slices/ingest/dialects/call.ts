import type { UsageReport } from '../../usage/service'

/** One call as it is told: what it was, not yet whose. */
export interface ToldCall extends Omit<UsageReport, 'owner' | 'source' | 'isReportedCostTrusted' | 'relations'> {
  /** Null where nothing stands above it, and for a log record. */
  parentSpanId: string | null
}

/** One call under a lease, as its holder reports it. */
export interface LeasedCall extends ToldCall {
  identity: Extract<UsageReport['identity'], { kind: 'leased' }>
}

/** As an instrumentation other than ours tells of one. */
export interface ObservedCall extends ToldCall {
  /** It stands for what happened below it, such as a hosted agent, and is billed only where nothing there is. */
  isContainer: boolean
  scope: string
  /** What the sender says of whose it is, by attribute name: the rules of the organization say what of it counts. */
  attribution: ReadonlyMap<string, string>
}
