import type pg from 'pg'

/**
 * The first thing that a transaction on the ledger of an organization takes. Shared among those that only add calls of their own;
 * exclusive for what has to see everything that is written, and to keep others from writing meanwhile. From here on rows are found by
 * their keys: a plan made for a table that was empty a moment ago would read all of it, for as long as the connection keeps it.
 */
export async function lockLedger(client: pg.ClientBase, organizationId: string, mode: 'shared' | 'exclusive'): Promise<void> {
  const lock = mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock'
  await client.query({
    name: `lock-ledger-${mode}`,
    text: `SELECT ${lock}(hashtextextended('keylease ledger ' || $1, 0)), set_config('enable_seqscan', 'off', true)`,
    values: [organizationId],
  })
}
