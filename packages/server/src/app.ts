import type { Context, Hono } from 'hono'
import type { Deps } from './deps'
import { AppError } from './platform/errors'
import { type Env, nonceOf, type Route } from './platform/http'
import { mountRoutes, refuse } from './platform/pipeline'
import { agentRoutes } from './slices/agents/routes'
import { attributionRuleRoutes } from './slices/attribution-rules/routes'
import { auditRoutes } from './slices/audit/routes'
import { grantRoutes } from './slices/grants/routes'
import { ingestRoutes } from './slices/ingest/routes'
import { invitationRoutes } from './slices/invitations/routes'
import { leaseRoutes } from './slices/leases/routes'
import { memberRoutes } from './slices/members/routes'
import { peopleRoutes } from './slices/people/routes'
import { platformKeyRoutes } from './slices/platform-keys/routes'
import { priceRoutes } from './slices/prices/routes'
import { projectRoutes } from './slices/projects/routes'
import { providerKeyRoutes } from './slices/provider-keys/routes'
import { providerRoutes } from './slices/providers/routes'
import { renderStatus } from './slices/reference/page'
import { referenceRoutes } from './slices/reference/routes'
import { roleRoutes } from './slices/roles/routes'
import { sessionRoutes } from './slices/sessions/routes'
import { settingsRoutes } from './slices/settings/routes'
import { systemRoutes } from './slices/system/routes'
import { teamRoutes } from './slices/teams/routes'
import { trustRuleRoutes } from './slices/trust-rules/routes'
import { liveRoutes } from './slices/usage/live/routes'
import { usageRoutes } from './slices/usage/routes'
import { webhookRoutes } from './slices/webhooks/routes'

export function createApp(deps: Deps): Hono<Env> {
  return mountRoutes(deps, createRoutes(deps), (c) => answerSealed(deps, c))
}

export const createRoutes = (deps: Deps): Route[] => [
  ...systemRoutes(deps),
  ...referenceRoutes(deps),
  ...memberRoutes(deps),
  ...invitationRoutes(deps),
  ...teamRoutes(deps),
  ...roleRoutes(),
  ...peopleRoutes(deps),
  ...sessionRoutes(deps),
  ...projectRoutes(deps),
  ...agentRoutes(deps),
  ...grantRoutes(deps),
  ...trustRuleRoutes(deps),
  ...webhookRoutes(deps),
  ...platformKeyRoutes(deps),
  ...settingsRoutes(deps),
  ...providerRoutes(deps),
  ...providerKeyRoutes(deps),
  ...leaseRoutes(deps),
  ...priceRoutes(deps),
  ...ingestRoutes(deps),
  ...attributionRuleRoutes(deps),
  ...usageRoutes(deps),
  ...liveRoutes(deps),
  ...auditRoutes(deps),
]

/** Sealed: browsers get the status page, programs the error; nothing else is served. */
function answerSealed(deps: Deps, c: Context<Env>): Response | Promise<Response> {
  if (!c.req.header('accept')?.includes('text/html')) return refuse(deps, c, new AppError('sealed', { retryAfterSeconds: 5 }))
  return c.html(renderStatus({ reason: deps.keyring.sealedReason() ?? '', nonce: nonceOf(c) }), 503)
}
