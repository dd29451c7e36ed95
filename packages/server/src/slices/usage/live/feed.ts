import type { LedgerChange } from '../contribution'

/** Tells whoever watches an organization what was written, after it is committed. */
export interface UsageFeed {
  announce(organizationId: string, changes: readonly LedgerChange[]): void
}
