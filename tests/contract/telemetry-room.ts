import { inTenantSql } from '../../packages/server/src/platform/tenancy'
import { createEdge, type Edge } from './edge'
import { openService, type Service } from './room'

/** A billed call as the ledger has it: zeros and what is not told are left out. */
type BilledCall = Record<string, unknown>

/** The service with a key that may send telemetry, and a provider on loopback for what instruments a client. */
export interface TelemetryRoom {
  edge: Edge
  /** Of the service, with the path of a signal, and the credential that goes with it. */
  url: string
  token: string
  to(signal: 'traces' | 'logs' | 'metrics'): { url: string; headers: Record<string, string> }
  /** The calls that are new in the ledger, each in the form of one report. */
  readBilled(): Promise<BilledCall[]>
  close(): Promise<void>
}

export async function openTelemetryRoom(): Promise<TelemetryRoom> {
  const [service, edge] = await Promise.all([openService(), createEdge()])
  const { key: token } = await service.harness.issueKey({ scopes: ['ingest'] })
  const seen = new Set<string>()
  return {
    edge,
    url: service.url,
    token,
    to: (signal) => ({ url: `${service.url}/v1/${signal}`, headers: { authorization: `Bearer ${token}` } }),
    async readBilled() {
      const rows = (await readRows(service)).filter(({ id }) => !seen.has(id))
      for (const { id } of rows) seen.add(id)
      return rows.map(({ id: _, ...row }) => dropNothing(row))
    },
    async close() {
      await edge.close()
      await service.close()
    },
  }
}

type Row = { id: string } & Record<string, string | number | boolean | null>

const columns = `id, provider, operation, request_model, response_model, response_id, status, quality, is_stream, finish_reason, conversation,
  end_user, input_uncached::int, cache_read::int, cache_write_5m::int, cache_write_1h::int, output_text::int, reasoning::int,
  requests::int, reported_nanos::int, cost_nanos > 0 AS is_priced`

const readRows = ({ harness: { deps, organizationId } }: Service): Promise<Row[]> =>
  inTenantSql(deps.db.appPool, organizationId, async (client) => {
    const sql = `SELECT ${columns} FROM usage_event WHERE linked_to IS NULL ORDER BY occurred_at, id`
    return (await client.query<Row>(sql)).rows
  })

const dropNothing = (row: Omit<Row, 'id'>): BilledCall =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== 0 && value !== false))
