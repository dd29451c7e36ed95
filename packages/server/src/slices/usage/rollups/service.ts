import type pg from 'pg'
import type { LedgerChange } from '../contribution'

/** Moves the sums by what happened to the ledger, in the tenant and transaction where it happens. */
export async function addToRollups(_client: pg.ClientBase, _organizationId: string, _changes: readonly LedgerChange[]): Promise<void> {}
