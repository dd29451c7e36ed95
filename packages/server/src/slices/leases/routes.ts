import * as events from '@keylease/shared/contracts/lease-events'
import * as management from '@keylease/shared/contracts/lease-management'
import * as contract from '@keylease/shared/contracts/leases'
import type { Context } from 'hono'
import type { Deps } from '../../deps'
import { findPrincipal, readCredential } from '../../platform/auth'
import { type Env, handle, handleRaw, type Route } from '../../platform/http'
import { type AgentActor, toAgentActor } from './holder'
import { issueLease } from './issue'
import { changeSlice, releaseLease } from './own-leases'
import { renewLease } from './renew'
import { revokeLease, revokeLeases } from './revoke'
import { getLease, listLeasePage, listLeaseTaskPage } from './service'
import { acknowledgeRevocations } from './stream-rows'

export const leaseRoutes = (deps: Deps): Route[] => [
  handle(contract.issueLease, ({ actor, body, exchange }) => issueLease(deps, toAgentActor(actor), body, exchange.origin)),
  handle(contract.renewLease, ({ actor, params, body }) => renewLease(deps, toAgentActor(actor), params.leaseId, body)),
  handle(contract.changeSlice, ({ actor, params, body }) => changeSlice(deps, toAgentActor(actor), params.leaseId, body)),
  handle(contract.releaseLease, ({ actor, params, body }) => releaseLease(deps, toAgentActor(actor), params.leaseId, body)),
  handleRaw(events.streamEvents, (c) => streamEvents(deps, c)),
  handle(events.acknowledgeEvents, async ({ actor, body }) => {
    const { organizationId, agentId } = toAgentActor(actor)
    const by = { organizationId, agentId, clientId: body.clientId }
    return { acknowledged: await acknowledgeRevocations(deps.db.appPool, by, body.revocationIds) }
  }),
  handle(management.listLeases, ({ actor, query }) => listLeasePage(deps, actor, query)),
  handle(management.revokeLeases, ({ actor, body }) => revokeLeases(deps, actor, body)),
  handle(management.getLease, ({ actor, params }) => getLease(deps, actor, params.leaseId)),
  handle(management.revokeLease, ({ actor, params, body }) => revokeLease(deps, actor, params.leaseId, body)),
  handle(management.listLeaseTasks, ({ actor, query }) => listLeaseTaskPage(deps, actor, query)),
]

async function streamEvents(deps: Deps, c: Context<Env>): Promise<Response> {
  const { principal, facts } = c.var
  if (!principal) throw new Error('an event stream was let in without a principal')
  const actor: AgentActor = toAgentActor({ ...principal, request: facts })
  const credential = readCredential(c.req.header('authorization'), c.req.header('cookie'))
  const isAlive = async () => {
    const found = await findPrincipal(deps.authenticators, credential, facts)
    return found !== null && !('refused' in found) && found.agentId === actor.agentId
  }
  const body = await deps.leases.streams.open(actor, isAlive)
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
  return new Response(body, { headers })
}
