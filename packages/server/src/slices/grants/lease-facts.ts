import type { Tx } from '../../platform/tenancy'
import { toPolicyGrant } from './mapping'
import type { PolicyFacts } from './policy-facts'
import { findAgentFacts, listKeyFacts, listLeaseGrants } from './queries'

/** What decides about a lease of this agent, beside the request itself; null where there is no such agent. */
export async function readLeaseFacts(
  tx: Tx,
  agentId: string,
  asked: { id: string } | { provider: string },
): Promise<Omit<PolicyFacts, 'request'> | null> {
  const row = await findAgentFacts(tx, agentId)
  if (!row) return null
  const agent = { id: row.id, projectId: row.projectId, enabled: row.enabled, ...row.project }
  return { agent, keys: await listKeyFacts(tx, asked), grants: (await listLeaseGrants(tx, agent)).map(toPolicyGrant) }
}
