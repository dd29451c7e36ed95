import type { Context, Hono } from 'hono'
import type { Deps } from './deps'
import { AppError } from './platform/errors'
import type { Env, Route } from './platform/http'
import { mountRoutes, refuse } from './platform/pipeline'
import { projectRoutes } from './slices/projects/routes'
import { renderStatus } from './slices/reference/page'
import { referenceRoutes } from './slices/reference/routes'
import { systemRoutes } from './slices/system/routes'

export function createApp(deps: Deps): Hono<Env> {
  return mountRoutes(deps, createRoutes(deps), (c) => answerSealed(deps, c))
}

export const createRoutes = (deps: Deps): Route[] => [...systemRoutes(deps), ...referenceRoutes(deps), ...projectRoutes(deps)]

/** Sealed: browsers get the status page, programs the error; nothing else is served. */
function answerSealed(deps: Deps, c: Context<Env>): Response | Promise<Response> {
  if (!c.req.header('accept')?.includes('text/html')) return refuse(deps, c, new AppError('sealed', { retryAfterSeconds: 5 }))
  return c.html(renderStatus({ reason: deps.keyring.sealedReason() ?? '', nonce: c.var.nonce }), 503)
}
