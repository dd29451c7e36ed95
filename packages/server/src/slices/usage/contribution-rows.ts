import type pg from 'pg'
import type { Contribution } from './contribution'

interface ContributionRow extends Omit<Contribution, 'costNanos' | 'chargedNanos'> {
  id: string
  costNanos: string | null
  chargedNanos: string | null
}

/** What stored events add to the sums as they stand, by id, locked in the order of the ledger's key. One that another bills adds nothing. */
export async function findContributions(
  client: pg.ClientBase,
  refs: readonly { occurredAt: Date; id: string }[],
): Promise<Map<string, Contribution>> {
  if (refs.length === 0) return new Map()
  const found = await client.query<ContributionRow>(
    `SELECT e.id, e.occurred_at AS "occurredAt", provider, coalesce(response_model, request_model) AS model, operation, endpoint,
       team_id AS "teamId", project_id AS "projectId", agent_id AS "agentId", member_id AS "memberId", key_id AS "keyId", environment, tags,
       status, quality, cost_nanos::text AS "costNanos", charged_nanos::text AS "chargedNanos", latency_ms AS "latencyMs",
       first_token_ms AS "firstTokenMs",
       json_build_object('inputUncached', input_uncached, 'cacheRead', cache_read, 'cacheWrite5m', cache_write_5m,
         'cacheWrite1h', cache_write_1h, 'outputText', output_text, 'reasoning', reasoning, 'audioIn', audio_in,
         'audioOut', audio_out, 'images', images, 'requests', requests, 'searches', searches, 'seconds', seconds,
         'characters', characters) AS vector
     FROM unnest($1::timestamptz[], $2::text[]) AS r(occurred_at, id)
     JOIN usage_event e ON e.occurred_at = r.occurred_at AND e.id = r.id
     WHERE e.linked_to IS NULL ORDER BY e.occurred_at, e.id FOR UPDATE OF e`,
    [refs.map(({ occurredAt }) => occurredAt), refs.map(({ id }) => id)],
  )
  return new Map(
    found.rows.map(({ id, ...row }) => [id, { ...row, costNanos: toNanos(row.costNanos), chargedNanos: toNanos(row.chargedNanos) }]),
  )
}

const toNanos = (text: string | null) => (text === null ? null : BigInt(text))
