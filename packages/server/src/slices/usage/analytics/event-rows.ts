import type pg from 'pg'
import { countLimit } from '../../../platform/page'
import { createBinder, toEventConditions } from './parts'
import type { Question } from './question'

/** An event as lists show it. */
export interface EventRow {
  id: string
  occurred_at: Date
  received_at: Date
  source: 'sdk' | 'gateway' | 'otlp' | 'test'
  provider: string
  operation: string
  endpoint: string | null
  request_model: string | null
  response_model: string | null
  status: 'ok' | 'error' | 'aborted'
  error_type: string | null
  is_stream: boolean
  latency_ms: number | null
  first_token_ms: number | null
  team_id: string | null
  project_id: string | null
  agent_id: string | null
  member_id: string | null
  environment: string | null
  key_id: string | null
  lease_id: string | null
  conversation: string | null
  end_user: string | null
  tags: string[]
  quality: 'exact' | 'estimated' | 'assumed'
  cost_nanos: string | null
  linked_to: string | null
  input_tokens: number
  output_tokens: number
}

export const eventColumns = `id, occurred_at, received_at, source, provider, operation, endpoint, request_model, response_model, status, error_type, is_stream,
  latency_ms, first_token_ms, team_id, project_id, agent_id, member_id, environment, key_id, lease_id, conversation, end_user, tags, quality,
  cost_nanos, linked_to, (input_uncached + cache_read + cache_write_5m + cache_write_1h + audio_in)::float8 AS input_tokens,
  (output_text + reasoning + audio_out)::float8 AS output_tokens`

export interface EventRange {
  organizationId: string
  from: Date
  to: Date
  question: Question
  /** Whether those that another event bills are meant too. */
  hasLinked: boolean
}

export interface EventPlace {
  after: { occurredAt: string; id: string } | null
  take: number
  isOldestFirst?: boolean
}

export async function listEventRows(
  client: pg.ClientBase,
  range: EventRange,
  { after, take, isOldestFirst = false }: EventPlace,
): Promise<EventRow[]> {
  const { where, binder } = toWhere(range)
  const [beyond, direction] = isOldestFirst ? ['>', 'ASC'] : ['<', 'DESC']
  const next = after ? ` AND (occurred_at, id) ${beyond} (${binder.bind(after.occurredAt)}::timestamptz, ${binder.bind(after.id)})` : ''
  const order = `ORDER BY occurred_at ${direction}, id ${direction} LIMIT ${binder.bind(take)}::integer`
  const found = await client.query<EventRow>(`SELECT ${eventColumns} FROM usage_event WHERE ${where}${next} ${order}`, binder.values)
  return found.rows
}

/** The same, newest first, from a few quarter hours alone. */
export async function listEventRowsOf(
  client: pg.ClientBase,
  quarters: readonly Date[],
  range: EventRange,
  { after, take }: Omit<EventPlace, 'isOldestFirst'>,
): Promise<EventRow[]> {
  if (quarters.length === 0) return []
  const { where, binder } = toWhere(range)
  const next = after ? ` AND (occurred_at, id) < (${binder.bind(after.occurredAt)}::timestamptz, ${binder.bind(after.id)})` : ''
  const order = `ORDER BY occurred_at DESC, id DESC LIMIT ${binder.bind(take)}::integer`
  const found = await client.query<EventRow>(
    `SELECT event.* FROM unnest(${binder.bind(quarters)}::timestamptz[]) AS quarter CROSS JOIN LATERAL (
       SELECT ${eventColumns} FROM usage_event WHERE ${where}${next} AND occurred_at >= quarter AND occurred_at < quarter + interval '15 minutes' ${order}
     ) AS event ${order}`,
    binder.values,
  )
  return found.rows
}

export async function countEventRows(client: pg.ClientBase, range: EventRange): Promise<number> {
  const { where, binder } = toWhere(range)
  const found = await client.query<{ total: number }>(
    `SELECT count(*)::integer AS total FROM (SELECT FROM usage_event WHERE ${where} LIMIT ${countLimit}) AS counted`,
    binder.values,
  )
  return found.rows[0]?.total ?? 0
}

function toWhere({ organizationId, from, to, question, hasLinked }: EventRange) {
  const binder = createBinder()
  const bounds = [
    `organization_id = ${binder.bind(organizationId)}`,
    `occurred_at >= ${binder.bind(from)}`,
    `occurred_at < ${binder.bind(to)}`,
  ]
  return {
    where: [...bounds, ...(hasLinked ? [] : ['linked_to IS NULL']), ...toEventConditions({ question }, binder)].join(' AND '),
    binder,
  }
}
