import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import type { Context } from 'hono'
import type { Deps } from '../deps'
import { type Exchange, type Principal, type RequestFacts, readCredential } from './auth'
import { checkOrigin, ownOrigin } from './request/origin'

/** What signing in reads of a request and writes on its answer. */
export const toExchange = (deps: Deps, c: Context, facts: RequestFacts): Exchange => ({
  facts,
  credential: readCredential(c.req.header('authorization'), c.req.header('cookie')),
  origin: originOf(deps, c),
  setCookie: (line) => c.header('set-cookie', line, { append: true }),
})

/** Another site may make a browser send our cookies, never with our origin. */
export function refuseForeignOrigin(deps: Deps, c: Context, endpoint: Endpoint): void {
  if (endpoint.method === 'GET' || c.req.header('authorization') !== undefined) return
  checkOrigin(originOf(deps, c), { origin: c.req.header('origin'), hasCookie: c.req.header('cookie') !== undefined })
}

/** A person shows a fresh factor for this operation on this object; machines have none to show. */
export async function requireStepUp(deps: Deps, c: Context, endpoint: Endpoint, principal: Principal | null): Promise<void> {
  if (!endpoint.stepUp || principal?.kind !== 'person') return
  const { sessionId = '', userId = '' } = principal
  const object = endpoint.request.params ? (Object.values(c.req.param()).at(-1) ?? '') : ''
  const shown = { userId, token: c.req.header('x-keylease-step-up'), idempotencyKey: c.req.header('idempotency-key') ?? null }
  await deps.stepUps.spend({ sessionId, endpoint: endpoint.id, object }, shown)
}

const originOf = (deps: Deps, c: Context) => ownOrigin(deps.env, c.req.header('host') ?? new URL(c.req.url).host)
