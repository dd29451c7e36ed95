import { errorTable } from '@keylease/shared/errors'
import { newId } from '@keylease/shared/ids'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { Deps } from '../deps'
import { isDatabaseAway } from './db'
import { AppError } from './errors'
import { type Env, nonceOf, type Route, rateHeadersOf } from './http'
import { checkRegistry } from './registry'
import { createClientAddress, toRateSource } from './request/address'
import { securityHeaders } from './request/headers'
import { createHostCheck } from './request/host'
import { checkPath } from './request/path'
import { recordRefusal } from './security-refusals'
import { recordFailure, traceRequest } from './telemetry'

/** Routes as data become the app: every request meets the same doors in the same order. */
export function mountRoutes(
  deps: Deps,
  routes: readonly Route[],
  sealedAnswer: (c: Context<Env>) => Response | Promise<Response>,
): Hono<Env> {
  checkRegistry(routes)
  const app = new Hono<Env>({ strict: true })
  app.onError((error, c) => refuse(deps, c, error))
  app.notFound((c) => refuse(deps, c, new AppError('not_found')))
  app.use('*', observe(deps), guard(deps))
  for (const route of routes) {
    const { method, path } = route.endpoint
    app.on(method, toHonoPath(path), async (c) => {
      c.set('route', path)
      if (deps.keyring.sealedReason() !== null && route.endpoint.rateLimit !== 'probe') return sealedAnswer(c)
      return route.respond(deps, c)
    })
  }
  answerPreflights(app, routes)
  refuseOtherMethods(app, deps, routes)
  return app
}

const toHonoPath = (path: string) => path.replace(/\{(\w+)\}/g, ':$1')

function answerPreflights(app: Hono<Env>, routes: readonly Route[]): void {
  for (const { endpoint, preflight } of routes) {
    if (!preflight) continue
    app.options(toHonoPath(endpoint.path), (c) => {
      c.set('route', endpoint.path)
      return preflight(c)
    })
  }
}

function refuseOtherMethods(app: Hono<Env>, deps: Deps, routes: readonly Route[]): void {
  const methodsByPath = Map.groupBy(routes, ({ endpoint }) => endpoint.path)
  for (const [path, group] of methodsByPath) {
    const allow = group.map(({ endpoint }) => (endpoint.method === 'GET' ? 'GET, HEAD' : endpoint.method)).join(', ')
    app.all(toHonoPath(path), (c) => {
      c.header('allow', allow)
      return refuse(deps, c, new AppError('method_not_allowed', { message: `This path does not take that method; it takes ${allow}.` }))
    })
  }
}

/** Id, facts, span, log line, metrics and headers of every request, whatever becomes of it. */
function observe(deps: Deps): MiddlewareHandler<Env> {
  const clientAddress = createClientAddress(deps.env.trustedProxies)
  const https = deps.env.publicUrl?.protocol === 'https:' || deps.env.tls.certFile !== undefined
  const addHeaders = createHeaders(https)
  return async (c, next) => {
    const started = deps.clock.monotonicMs()
    const address = clientAddress(c.env?.incoming?.socket.remoteAddress, c.req.header('x-forwarded-for'))
    const id = newId('request')
    c.set('facts', { id, address, userAgent: (c.req.header('user-agent') ?? '').slice(0, 256) })
    c.set('target', c.env?.incoming?.url ?? toTarget(c.req.url))
    c.set('route', 'unmatched')
    c.set('principal', null)
    c.set('refused', null)
    c.set('object', null)
    c.set('rate', null)
    c.set('nonce', null)
    const attributes = { 'http.request.method': c.req.method, 'keylease.request_id': id }
    await traceRequest(c.req.method, attributes, async (span) => {
      await next()
      span
        .updateName(`${c.req.method} ${c.get('route')}`)
        .setAttributes({ 'http.route': c.get('route'), 'http.response.status_code': c.res.status })
      if (c.error) recordFailure(span, c.error)
    })
    // What no route took counts too: every answer tells its caller where they stand.
    if (!c.get('rate')) c.set('rate', deps.limiter.take(`unrouted:${toRateSource(address)}`, 'public'))
    addHeaders(c)
    report(deps, c, (deps.clock.monotonicMs() - started) / 1000)
  }
}

const toTarget = (url: string) => url.replace(/^[a-z]+:\/\/[^/]*/i, '')

function guard(deps: Deps): MiddlewareHandler<Env> {
  const isOurHost = createHostCheck({ host: deps.env.host, ...(deps.env.publicUrl ? { publicUrl: deps.env.publicUrl } : {}) })
  return async (c, next) => {
    if (!isOurHost(c.req.header('host') ?? new URL(c.req.url).host)) throw new AppError('misdirected_request')
    checkPath(c.get('target'))
    await next()
  }
}

function createHeaders(https: boolean): (c: Context<Env>) => void {
  const ofApi = Object.entries(securityHeaders('api', { https }))
  return (c) => {
    const { headers } = c.res
    const isPage = headers.get('content-type')?.startsWith('text/html') === true
    const security = isPage ? Object.entries(securityHeaders('page', { https, nonce: nonceOf(c) })) : ofApi
    for (const [name, value] of security) headers.set(name, value)
    for (const [name, value] of Object.entries(rateHeadersOf(c))) headers.set(name, value)
    headers.set('x-request-id', c.get('facts').id)
  }
}

function report(deps: Deps, c: Context<Env>, seconds: number): void {
  const [facts, principal, refused, route] = [c.get('facts'), c.get('principal'), c.get('refused'), c.get('route')]
  const shown = principal ?? refused?.principal
  if (shown) deps.keyUsage.count(shown, c.res.status, facts.address)
  if (shown) deps.workloads.usage.note(shown, c.res.status, facts.address)
  deps.metrics.observeRequest({ method: c.req.method, route, status: c.res.status, seconds })
  const who = principal ? { actor: principal.id, organization: principal.organizationId } : {}
  deps.log.info(
    { requestId: facts.id, method: c.req.method, route, status: c.res.status, ms: Math.round(seconds * 1000), ...who },
    'request',
  )
}

/** The one place where an error becomes an answer. What is not from the table is logged with its cause and never shown. */
export function refuse(deps: Deps, c: Context<Env>, error: unknown): Response {
  const known = noteRefusal(deps, c, error)
  return c.json(toErrorBody(c, known), errorTable[known.code].status)
}

/** Whatever the answer looks like: it is logged, counted and told to security events, and has the headers that belong to it. */
export function noteRefusal(deps: Deps, c: Context<Env>, error: unknown): AppError {
  const known = toAppError(error)
  if (known.code === 'internal') deps.log.error({ requestId: c.get('facts').id, err: error }, 'unexpected error')
  deps.metrics.countError(known.code)
  recordRefusal(deps.security, c, known.code)
  if (known.retryAfterSeconds !== undefined) c.header('retry-after', String(known.retryAfterSeconds))
  if (known.code === 'unauthenticated') c.header('www-authenticate', 'Bearer realm="keylease"')
  return known
}

export function toErrorBody(c: Context<Env>, { code, message, details }: AppError) {
  return { error: { code, message, requestId: c.get('facts').id, ...(details === undefined ? {} : { details }) } }
}

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (isDatabaseAway(error)) return new AppError('unavailable', { cause: error, retryAfterSeconds: 1 })
  return new AppError('internal', { cause: error })
}
