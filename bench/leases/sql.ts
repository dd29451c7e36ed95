import { randomBytes } from 'node:crypto'
import type { Deps } from '../../packages/server/src/deps'
import { inTenantSql } from '../../packages/server/src/platform/tenancy'
import type { LeaseRequest } from '../../packages/server/src/slices/leases/lease-request'
import { callReserve } from '../../packages/server/src/slices/leases/reservation-rows'
import { newId } from '../../packages/shared/src/ids'
import { countPerSecond } from '../support/load'
import { type BenchAgent, type BenchRoom, findOrganization } from './agents'
import { countWithPgbench, hasPgbench } from './pgbench'

export interface SqlLoad {
  connections: number
  ms: number
  ttlSeconds: number
}

export const sqlTool = hasPgbench ? 'pgbench' : 'a pg client, for want of pgbench'

/** Leases per second by the same call of the database, without anything around it. */
export async function openSql(
  { db, databaseTime }: Deps,
  room: BenchRoom,
  grantId: string,
  { connections, ms, ttlSeconds }: SqlLoad,
): Promise<() => Promise<number>> {
  const organizationId = await findOrganization(db)
  const policyVersion = await inTenantSql(db.appPool, organizationId, async (client) => {
    const found = await client.query<{ version: string }>('SELECT version::text FROM policy_version')
    return found.rows[0]?.version ?? '0'
  })
  let turn = 0
  const nextRequest = () => {
    const agent = room.agents[turn++ % room.agents.length]
    if (!agent) throw new Error('There is no agent.')
    return toLeaseRequest(room, agent, grantId, ttlSeconds)
  }
  const url = db.appPool.options.connectionString
  if (hasPgbench && url) {
    const call = { url, organizationId, policyVersion, agents: room.agents }
    return async () => {
      const before = await countLeases(db, organizationId)
      const { calls, perSecond } = await countWithPgbench(connections, ms / 1_000, { ...call, request: nextRequest() })
      const issued = (await countLeases(db, organizationId)) - before
      if (issued !== calls) throw new Error(`Of ${calls} calls by pgbench ${issued} issued a lease.`)
      return perSecond
    }
  }
  const ask = async () => {
    const requests = [nextRequest()]
    const answers = await callReserve(db.appPool, { organizationId, policyVersion, now: databaseTime.now(), limit: 1_000, requests })
    const [answer] = answers ?? []
    if (!answer || !('issuedAt' in answer)) throw new Error(`The database issued no lease: ${JSON.stringify(answers)}`)
  }
  return () => countPerSecond(connections, ms, ask)
}

async function countLeases({ appPool }: Deps['db'], organizationId: string): Promise<number> {
  return inTenantSql(appPool, organizationId, async (client) => {
    const found = await client.query<{ leases: number }>('SELECT count(*)::integer AS leases FROM lease')
    return found.rows[0]?.leases ?? 0
  })
}

function toLeaseRequest(
  { projectId, keyId, keyVersionId }: BenchRoom,
  agent: BenchAgent,
  grantId: string,
  ttlSeconds: number,
): LeaseRequest {
  const none = { models: [], operations: [], environments: [], addresses: [], hours: null }
  const limits = { requestsPerMinute: null, tokensPerMinute: null, defaultMaxOutputTokens: null }
  return {
    id: newId('lease'),
    project_id: projectId,
    team_id: null,
    agent_id: agent.id,
    environment: 'development',
    holder_kind: 'platform-key',
    holder_id: agent.platformKeyId,
    grant_id: grantId,
    provider: 'openai',
    key_id: keyId,
    key_version_id: keyVersionId,
    delivery: 'direct',
    scope: { ...none, ...limits },
    idempotency_key: null,
    request_hash: null,
    ttl_seconds: ttlSeconds,
    longest_seconds: 3_600,
    ends_by: null,
    audit_id: newId('auditEntry'),
    actor_name: 'bench',
    request_id: newId('request'),
    salt: randomBytes(16).toString('hex'),
    address: '127.0.0.1',
    user_agent: 'bench',
    address_commitment: randomBytes(32).toString('hex'),
    user_agent_commitment: randomBytes(32).toString('hex'),
  }
}
