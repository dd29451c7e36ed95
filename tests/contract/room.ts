import { Keylease } from '@keylease/sdk'
import { inTenantSql } from '../../packages/server/src/platform/tenancy'
import { createHarness, type Harness } from '../../packages/server/test/harness'
import { createHolder, type LeaseHolder } from '../../packages/server/test/lease-holder'
import { createEdge, type Edge, findWire } from './edge'

export interface Service {
  harness: Harness
  url: string
  close(): Promise<void>
}

/** The real service on a real port. */
export async function openService(): Promise<Service> {
  const harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' })
  const { url, close } = await harness.listen()
  return {
    harness,
    url,
    async close() {
      await close()
      await harness.close()
    },
  }
}

/** A call as the ledger has it. */
interface LedgerRow {
  id: string
  status: string
  http_status: number | null
  quality: string
  request_model: string | null
  is_stream: boolean
  input_uncached: number
  cache_read: number
  output_text: number
  reasoning: number
}

/** An agent with a leased key, and the provider that the key is for. */
export interface Room {
  edge: Edge
  holder: LeaseHolder
  /** A Keylease of the agent, with nothing ordered or heard yet. */
  connect(): Keylease
  /** The calls that are new in the ledger once everything is reported: errors first, then by number. */
  readLedger(keylease: Keylease): Promise<LedgerRow[]>
  /** Another key that the agent may lease; what comes back is its secret. */
  addKey(): Promise<string>
  close(): Promise<void>
}

interface RoomOptions {
  provider: string
  /** Below the origin of the provider. */
  basePath: string
  key?: Record<string, unknown>
  grant?: Record<string, unknown>
}

export async function openRoom({ harness, url }: Service, { provider, basePath, key = {}, grant = {} }: RoomOptions): Promise<Room> {
  const edge = await createEdge()
  const keyBody = { provider, baseUrl: `${edge.origin}${basePath}`, delivery: 'direct', ...key }
  const holder = await createHolder(harness, { key: keyBody, grant })
  const seen = new Set<string>()
  return {
    edge,
    holder,
    connect() {
      edge.forget()
      return new Keylease({ url, token: holder.token })
    },
    async readLedger(keylease) {
      await keylease.flush()
      const rows = (await readRows(harness, holder.agentId)).filter(({ id }) => !seen.has(id))
      for (const { id } of rows) seen.add(id)
      return rows
    },
    async addKey() {
      const secret = `${holder.secret}-2`
      const post = async (path: string, body: object): Promise<{ id: string }> => (await harness.request('POST', path, { body })).json()
      const { id: keyId } = await post('/api/admin/api-keys', { ...keyBody, name: 'spare', key: secret })
      await post('/api/v1/grants', { agentId: holder.agentId, keyId })
      return secret
    },
    close: () => edge.close(),
  }
}

const columns =
  'id, status, http_status, quality, request_model, is_stream, input_uncached::int, cache_read::int, output_text::int, reasoning::int'

const readRows = ({ deps, organizationId }: Harness, agentId: string): Promise<LedgerRow[]> =>
  inTenantSql(deps.db.appPool, organizationId, async (client) => {
    const sql = `SELECT ${columns} FROM usage_event WHERE agent_id = $1 ORDER BY http_status DESC, sequence`
    return (await client.query<LedgerRow>(sql, [agentId])).rows
  })

/** What the provider itself said about an answer that it served whole. */
export function toServed(name: string): Partial<LedgerRow> {
  const { vector = {} } = findWire(name).wire.reading as { vector?: Record<string, number> }
  const { inputUncached = 0, cacheRead = 0, outputText = 0, reasoning = 0 } = vector
  return { input_uncached: inputUncached, cache_read: cacheRead, output_text: outputText, reasoning }
}
