import type { Superuser } from '../support/service'
import { rates } from './calls'

/** What the rules of the room name. */
interface Owners {
  projectId: string
  agentId: string
}

export interface CollectorRoom {
  /** Of a platform key that may send telemetry and nothing else. */
  token: string
  owners: Owners
}

/** A price that makes every cost a known integer, a key, and rules: by the name of a service its project, by an attribute its agent. */
export async function createRoom(url: string, token: string, agentName: string): Promise<CollectorRoom> {
  const post = async <T>(path: string, body: object): Promise<T> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (answer.status !== 201) throw new Error(`${path} was answered ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
  const million = (nanos: bigint) => String(nanos * 1_000_000n)
  const ratesNanos = { inputUncached: million(rates.input), cacheRead: million(rates.cacheRead), outputText: million(rates.output) }
  const effectiveFrom = new Date(Date.now() - 3_600_000).toISOString()
  for (const provider of ['openai', 'anthropic']) await post('/api/v1/prices', { provider, ratesNanos, effectiveFrom })
  const { id: projectId } = await post<{ id: string }>('/api/v1/projects', { name: 'checkout' })
  const { id: otherId } = await post<{ id: string }>('/api/v1/projects', { name: 'other' })
  const { id: agentId } = await post<{ id: string }>('/api/v1/agents', { name: agentName, projectId: otherId })
  await post('/api/v1/attribution-rules', { name: 'Checkout', attribute: 'service.name', pattern: 'checkout-*', assign: { projectId } })
  await post('/api/v1/attribution-rules', {
    name: 'Agents by name',
    attribute: 'bench.agent',
    pattern: '*',
    assign: { from: 'value', as: 'agent' },
  })
  const { key } = await post<{ key: string }>('/api/v1/platform/api-keys', { name: 'collector', scopes: ['ingest'] })
  return { token: key, owners: { projectId, agentId } }
}

interface Ledger {
  calls: number
  nanos: bigint
  /** As the sums by day have it. */
  summedCalls: number
  summedNanos: bigint
  /** Ids of trace and span in hexadecimal, of the calls that have them. */
  spans: string[]
  ofProject: { calls: number; nanos: bigint }
  ofAgent: { calls: number; nanos: bigint }
}

export async function readLedger(postgres: Superuser, { projectId, agentId }: Owners): Promise<Ledger> {
  const sums = async (where: string, parameters: string[] = []) => {
    const sql = `SELECT count(*)::int AS calls, coalesce(sum(cost_nanos), 0)::text AS nanos FROM usage_event WHERE linked_to IS NULL AND ${where}`
    const { rows } = await postgres.query<{ calls: number; nanos: string }>(sql, parameters)
    return { calls: rows[0]?.calls ?? 0, nanos: BigInt(rows[0]?.nanos ?? 0) }
  }
  const { rows: days } = await postgres.query<{ calls: number; nanos: string }>(
    `SELECT coalesce(sum(calls), 0)::int AS calls, coalesce(sum(cost_nanos), 0)::text AS nanos FROM usage_day WHERE dimension = 'total'`,
  )
  const { rows: spans } = await postgres.query<{ id: string }>(
    `SELECT encode(trace_id, 'hex') || encode(span_id, 'hex') AS id FROM usage_event WHERE span_id IS NOT NULL AND linked_to IS NULL`,
  )
  return {
    ...(await sums('true')),
    summedCalls: days[0]?.calls ?? 0,
    summedNanos: BigInt(days[0]?.nanos ?? 0),
    spans: spans.map(({ id }) => id),
    ofProject: await sums('project_id = $1', [projectId]),
    ofAgent: await sums('agent_id = $1', [agentId]),
  }
}
