import type { UsageReport } from '../../usage/service'

/** One call as an instrumentation other than ours tells of it: what it was, not yet whose. */
export interface ObservedCall extends Omit<UsageReport, 'owner' | 'source' | 'isReportedCostTrusted' | 'relations'> {
  /** Absent for a log record. */
  parentSpanId: Buffer | null
  /** It stands for what happened below it, such as a hosted agent, and is billed only where nothing there is. */
  isContainer: boolean
  scope: string
  /** What the sender says of whose it is, by attribute name: the rules of the organization say what of it counts. */
  attribution: ReadonlyMap<string, string>
}
