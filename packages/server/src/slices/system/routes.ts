import * as contract from '@keylease/shared/contracts/system'
import type { Deps } from '../../deps'
import { handle, handleRaw, type Route } from '../../platform/http'
import { getReadiness } from './service'

export const systemRoutes = (deps: Deps): Route[] => [
  handle(contract.getLive, async () => ({ status: 'live' as const })),
  handleRaw(contract.getReadiness, async (c) => {
    const readiness = await getReadiness(deps)
    return c.json(readiness, readiness.status === 'ready' ? 200 : 503)
  }),
  handleRaw(contract.getMetrics, async (c) => {
    deps.metrics.setGauges({
      sealed: deps.keyring.sealedReason() !== null,
      feedLagMs: deps.events.lagMs(),
      liveReplicas: deps.replicas.live(),
    })
    return c.text(await deps.metrics.render(), 200, { 'content-type': contract.getMetrics.response.contentType })
  }),
  handleRaw(contract.getHome, (c) => c.redirect('/api/docs', 302)),
]
