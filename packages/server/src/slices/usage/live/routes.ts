import { streamLiveEvents } from '@keylease/shared/contracts/live-events'
import type { Context } from 'hono'
import type { Deps } from '../../../deps'
import { readCredential } from '../../../platform/auth'
import { admitActor, type Env, type Route } from '../../../platform/http'
import { isStillGood, readLiveState } from './service'

export const liveRoutes = (deps: Deps): Route[] => [{ endpoint: streamLiveEvents, respond: (_, c) => streamLive(deps, c) }]

async function streamLive(deps: Deps, c: Context<Env>): Promise<Response> {
  const actor = await admitActor(deps, c, streamLiveEvents)
  const credential = readCredential(c.req.header('authorization'), c.req.header('cookie'))
  const body = await deps.liveStreams.open(
    actor,
    () => isStillGood(deps, actor, credential),
    () => readLiveState(deps, actor),
  )
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
  return new Response(body, { headers })
}
