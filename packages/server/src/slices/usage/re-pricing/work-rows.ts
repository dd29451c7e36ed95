import type pg from 'pg'
import type { Difference } from './difference'

export interface WaitingRun {
  id: string
  status: 'comparing' | 'applying'
  from: Date
  to: Date
  provider: string | null
  model: string | null
  pricesVersion: string | null
  cursorAt: Date | null
  cursorId: string | null
}

export async function listWaitingOrganizations(pool: pg.Pool): Promise<string[]> {
  const found = await pool.query<{ id: string }>(
    `SELECT DISTINCT organization_id AS id FROM re_pricing WHERE status IN ('comparing', 'applying') ORDER BY 1`,
  )
  return found.rows.map((row) => row.id)
}

/** The oldest that waits, locked: two replicas never do the same piece. */
export async function lockWaitingRun(client: pg.ClientBase): Promise<(WaitingRun & Difference) | null> {
  const found = await client.query<WaitingRun & Difference>(
    `SELECT id, status, period_from AS from, period_to AS to, provider, model, prices_version AS "pricesVersion",
       cursor_at AS "cursorAt", cursor_id AS "cursorId", events::float8 AS events, changed::float8 AS changed,
       before_nanos::text AS "beforeNanos", after_nanos::text AS "afterNanos",
       unpriced_before::float8 AS "unpricedBefore", unpriced_after::float8 AS "unpricedAfter", models
     FROM re_pricing WHERE status IN ('comparing', 'applying') ORDER BY id LIMIT 1 FOR UPDATE`,
  )
  return found.rows[0] ?? null
}

export interface PricedRow {
  occurredAt: Date
  id: string
  provider: string
  model: string | null
  region: string | null
  serviceTier: string | null
  vector: Record<string, number>
  imageTokensIn: number
  imageTokensOut: number
  reportedNanos: string | null
  /** An amount that somebody else's instrumentation reported is a word to bill by where it was one before. */
  isReportedCostTrusted: boolean
  /** False where another event bills the call: it has a cost to be seen, and is in no sum. */
  isBilled: boolean
  costNanos: string | null
  costBasis: string | null
  priceId: string | null
  priceVersion: string | null
}

/** The next events of the period in the order of the ledger's own key. */
export async function listPricedRows(client: pg.ClientBase, run: WaitingRun, take: number): Promise<PricedRow[]> {
  const found = await client.query<PricedRow>(
    `SELECT occurred_at AS "occurredAt", id, provider, coalesce(response_model, request_model) AS model, region,
       service_tier AS "serviceTier", image_tokens_in::float8 AS "imageTokensIn", image_tokens_out::float8 AS "imageTokensOut",
       reported_nanos::text AS "reportedNanos", (source <> 'otlp' OR cost_basis IS NOT DISTINCT FROM 'reported') AS "isReportedCostTrusted",
       linked_to IS NULL AS "isBilled", cost_nanos::text AS "costNanos", cost_basis AS "costBasis",
       price_id AS "priceId", price_version AS "priceVersion",
       jsonb_build_object('inputUncached', input_uncached, 'cacheRead', cache_read, 'cacheWrite5m', cache_write_5m,
         'cacheWrite1h', cache_write_1h, 'outputText', output_text, 'reasoning', reasoning, 'audioIn', audio_in,
         'audioOut', audio_out, 'images', images, 'requests', requests, 'searches', searches, 'seconds', seconds,
         'characters', characters) AS vector
     FROM usage_event
     WHERE occurred_at >= $1 AND occurred_at < $2 AND ($3::text IS NULL OR provider = $3)
       AND ($4::text IS NULL OR coalesce(response_model, request_model) = $4)
       AND ($5::timestamptz IS NULL OR (occurred_at, id) > ($5, $6))
     ORDER BY occurred_at, id LIMIT $7`,
    [run.from, run.to, run.provider, run.model, run.cursorAt, run.cursorId, take],
  )
  return found.rows
}

export interface NewCost {
  occurred_at: Date
  id: string
  cost_nanos: string | null
  cost_basis: string | null
  price_id: string | null
  price_version: string | null
}

/** The cost and where it comes from: not the use, and not what budgets were charged. */
export async function updateCosts(client: pg.ClientBase, costs: readonly NewCost[]): Promise<void> {
  if (costs.length === 0) return
  await client.query(
    `UPDATE usage_event e SET cost_nanos = n.cost_nanos, cost_basis = n.cost_basis, price_id = n.price_id, price_version = n.price_version
     FROM jsonb_to_recordset($1::jsonb) AS n(occurred_at timestamptz, id text, cost_nanos bigint, cost_basis text, price_id text, price_version text)
     WHERE e.occurred_at = n.occurred_at AND e.id = n.id`,
    [JSON.stringify(costs)],
  )
}

export async function saveProgress(
  client: pg.ClientBase,
  run: Pick<WaitingRun, 'id' | 'pricesVersion' | 'cursorAt' | 'cursorId'> & { status: string },
  difference: Difference,
  now: Date,
): Promise<void> {
  await client.query(
    `UPDATE re_pricing SET status = $2, prices_version = $3, cursor_at = $4, cursor_id = $5, events = $6, changed = $7,
       before_nanos = $8, after_nanos = $9, unpriced_before = $10, unpriced_after = $11, models = $12::jsonb, updated_at = $13,
       applied_at = CASE WHEN $2 = 'applied' THEN $13 ELSE applied_at END
     WHERE id = $1`,
    [
      run.id,
      run.status,
      run.pricesVersion,
      run.cursorAt,
      run.cursorId,
      difference.events,
      difference.changed,
      difference.beforeNanos,
      difference.afterNanos,
      difference.unpricedBefore,
      difference.unpricedAfter,
      JSON.stringify(difference.models),
      now,
    ],
  )
}
