import type pg from 'pg'
import { recordChangeSql } from '../../platform/events'

export interface SettleTimes {
  now: Date
  pendingBefore: Date
  deletedBefore: Date
  probedBefore: Date
  calledBefore: Date
  /** Draining versions that no lease holds any more. */
  spent: readonly string[]
}

export async function listOrganizationIds(pool: pg.Pool): Promise<string[]> {
  return (await pool.query<{ id: string }>('SELECT id FROM organization ORDER BY id')).rows.map((row) => row.id)
}

/** In the tenant of the transaction. Every replica hears of the keys whose draining ended. */
export async function settleVersions(client: pg.ClientBase, organizationId: string, times: SettleTimes): Promise<void> {
  const { now, pendingBefore, deletedBefore, probedBefore, calledBefore, spent } = times
  const retired = await client.query<{ keyId: string }>(
    `UPDATE key_version SET state = 'retired', retired_at = $1 WHERE state = 'draining' AND (drain_until <= $1 OR id = ANY($2::text[]))
     RETURNING key_id AS "keyId"`,
    [now, spent],
  )
  for (const { keyId } of retired.rows) {
    await recordChangeSql(client, { organizationId, kind: 'provider-key.changed', payload: { keyId } })
  }
  await client.query(
    `UPDATE key_version SET state = 'destroyed', sealed = NULL, destroyed_at = $1 WHERE state = 'pending' AND created_at < $2`,
    [now, pendingBefore],
  )
  await client.query(
    `UPDATE key_version v SET state = 'destroyed', sealed = NULL, destroyed_at = $1 FROM provider_key k
     WHERE k.organization_id = v.organization_id AND k.id = v.key_id AND k.deleted_at < $2 AND v.state <> 'destroyed'`,
    [now, deletedBefore],
  )
  await client.query('DELETE FROM probe WHERE created_at < $1', [probedBefore])
  await client.query('DELETE FROM provider_traffic WHERE minute < $1', [calledBefore])
}
