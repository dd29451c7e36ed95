import { type UsageClass, usageClasses } from '@keylease/shared/pricing/vector'
import type pg from 'pg'

export interface UsageFilter {
  from: Date
  to: Date
  provider?: string | undefined
  model?: string | undefined
  agentId?: string | undefined
  projectId?: string | undefined
  teamId?: string | undefined
  memberId?: string | undefined
  keyId?: string | undefined
  leaseId?: string | undefined
  environment?: string | undefined
  tag?: string | undefined
}

/** The column that holds a class of the vector. */
const columnOf = (name: UsageClass) => name.replace(/[A-Z]|(?<=[a-z])\d/g, (part) => `_${part.toLowerCase()}`)

const conditions = {
  provider: 'provider =',
  model: 'coalesce(response_model, request_model) =',
  agentId: 'agent_id =',
  projectId: 'project_id =',
  teamId: 'team_id =',
  memberId: 'member_id =',
  keyId: 'key_id =',
  leaseId: 'lease_id =',
  environment: 'environment =',
  tag: 'tags @> ARRAY[',
} as const

function toWhere({ from, to, ...filter }: UsageFilter): { where: string; values: unknown[] } {
  const values: unknown[] = [from, to]
  const parts = Object.entries(conditions).flatMap(([name, condition]) => {
    const value = filter[name as keyof typeof conditions] // the names are its own
    if (value === undefined) return []
    values.push(value)
    return [`${condition}$${values.length}${condition.endsWith('[') ? ']::text[]' : ''}`]
  })
  return { where: ['occurred_at >= $1', 'occurred_at < $2', ...parts].join(' AND '), values }
}

export interface SummaryRow {
  requests: number
  errors: number
  unpriced: number
  costNanos: string
  exact: number
  estimated: number
  assumed: number
  tokens: Record<UsageClass, number>
}

export async function sumEvents(client: pg.ClientBase, filter: UsageFilter): Promise<SummaryRow> {
  const { where, values } = toWhere(filter)
  const sums = usageClasses.map((name) => `'${name}', coalesce(sum(${columnOf(name)}), 0)`)
  const found = await client.query<SummaryRow>(
    `SELECT count(*)::float8 AS requests, count(*) FILTER (WHERE status = 'error')::float8 AS errors,
       count(*) FILTER (WHERE cost_nanos IS NULL)::float8 AS unpriced, coalesce(sum(cost_nanos), 0)::text AS "costNanos",
       count(*) FILTER (WHERE quality = 'exact')::float8 AS exact, count(*) FILTER (WHERE quality = 'estimated')::float8 AS estimated,
       count(*) FILTER (WHERE quality = 'assumed')::float8 AS assumed, jsonb_build_object(${sums.join(', ')}) AS tokens
     FROM usage_event WHERE ${where}`,
    values,
  )
  const [row] = found.rows
  if (!row) throw new Error('a sum over events answered no row')
  return row
}
