import { usageClasses } from '@keylease/shared/pricing/vector'
import type pg from 'pg'
import { type EventRow, eventColumns } from './event-rows'
import { columnOf } from './measures'

/** A whole event. Large numbers come as text. */
export interface EventDetailRow extends EventRow {
  response_id: string | null
  http_status: number | null
  finish_reason: string | null
  service_tier: string | null
  region: string | null
  key_version_id: string | null
  sequence: string | null
  slice_id: string | null
  trace_hex: string | null
  span_hex: string | null
  scope: string | null
  mismatch: string | null
  vector: Record<string, number>
  image_tokens_in: string
  image_tokens_out: string
  raw_usage: string | null
  charged_nanos: string | null
  reported_nanos: string | null
  cost_basis: string | null
  price_id: string | null
  price_version: string | null
}

const columns = `${eventColumns}, response_id, http_status, finish_reason, service_tier, region, key_version_id, sequence, slice_id,
  encode(trace_id, 'hex') AS trace_hex, encode(span_id, 'hex') AS span_hex, scope, mismatch, image_tokens_in, image_tokens_out, raw_usage,
  charged_nanos, reported_nanos, cost_basis, price_id, price_version,
  jsonb_build_object(${usageClasses.map((name) => `'${columnOf(name)}', ${columnOf(name)}`).join(', ')}) AS vector`

const hourMs = 3_600_000
/** An id tells when it was made. Most calls are reported soon after they end, none after thirty days; a truth may replace them later. */
const windowsMs = [hourMs, 24 * hourMs, 32 * 24 * hourMs]

/** From near to far, so that few days are searched. */
export async function findDetailRow(
  client: pg.ClientBase,
  organizationId: string,
  id: string,
  madeAt: number,
): Promise<EventDetailRow | null> {
  for (const window of windowsMs) {
    const found = await client.query<EventDetailRow>(
      `SELECT ${columns} FROM usage_event WHERE organization_id = $1 AND id = $2 AND occurred_at >= $3 AND occurred_at < $4`,
      [organizationId, id, new Date(madeAt - window), new Date(madeAt + window)],
    )
    if (found.rows[0]) return found.rows[0]
  }
  return null
}
