import { randomBytes } from 'node:crypto'
import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { type IdKind, readIdKind } from '@keylease/shared/ids'
import type { Context } from 'hono'
import type { z } from 'zod'
import type { Deps } from '../deps'
import {
  type Actor,
  type Exchange,
  findPrincipal,
  isSameToken,
  type Principal,
  type RefusedCredential,
  type RequestFacts,
  readCredential,
} from './auth'
import { AppError } from './errors'
import { refuseForeignOrigin, requireStepUp, toExchange } from './exchange'
import { type FileAnswer, sendFile } from './file-answer'
import { toRateSource } from './request/address'
import { readJson } from './request/body'
import { IdempotentReplay, readIdempotencyKey, requestText } from './request/idempotency'
import { explainIssues } from './request/issues'
import { isInNetworks } from './request/networks'
import { parseQuery } from './request/path'
import { type RateDecision, type RateLimits, rateHeaders } from './request/rate-limit'

const maximumBodyBytes = 1024 * 1024

interface Variables {
  facts: RequestFacts
  /** The request target as it came, before any library normalised it. */
  target: string
  route: string
  principal: Principal | null
  refused: RefusedCredential | null
  /** What the path names, once that is known to be well-formed. */
  object: { kind: IdKind; id: string } | null
  rate: RateDecision | null
  /** Made for the first who asks: only pages have one. */
  nonce: string | null
}
export type Env = { Variables: Variables; Bindings: { incoming?: { url?: string; socket: { remoteAddress?: string } } } }

type Part<E extends Endpoint, K extends 'params' | 'query' | 'body'> = E['request'][K] extends z.ZodType
  ? z.output<E['request'][K]>
  : undefined
type Answer<E extends Endpoint> = E['response']['schema'] extends z.ZodType ? z.input<E['response']['schema']> : unknown

export interface Input<E extends Endpoint> {
  actor: E['tenant'] extends 'organization' ? Actor : E['authentication'] extends 'person' ? Actor : null
  exchange: Exchange
  params: Part<E, 'params'>
  query: Part<E, 'query'>
  body: Part<E, 'body'>
}

export interface Route {
  endpoint: Endpoint
  respond(deps: Deps, c: Context<Env>): Promise<Response>
  /** What a browser hears that asks whether a page of another origin may send here; absent where none may. */
  preflight?(c: Context<Env>): Response
}

/** A route whose answer is its contract's: parsed on the way in and on the way out. */
export function handle<E extends Endpoint>(endpoint: E, handler: (input: Input<E>) => Promise<Answer<E>>): Route {
  return {
    endpoint,
    async respond(deps, c) {
      const input = await readInput(deps, c, endpoint)
      return reply(c, endpoint, await repeatable(c, () => handler(input)))
    },
  }
}

/** A route that writes its own response: pages, metrics, probes. It passes the same doors. */
export function handleRaw(endpoint: Endpoint, handler: (c: Context<Env>) => Promise<Response> | Response): Route {
  return {
    endpoint,
    async respond(deps, c) {
      const principal = await admit(deps, c, endpoint)
      await requireStepUp(deps, c, endpoint, principal)
      return handler(c)
    },
  }
}

/** For a route that reads and answers in its own way: the same doors, and who came in. */
export async function admitActor(deps: Deps, c: Context<Env>, endpoint: Endpoint): Promise<Actor> {
  const principal = await admit(deps, c, endpoint)
  if (!principal) throw new AppError('unauthenticated')
  return { ...principal, request: c.get('facts') }
}

/** A route whose answer is a file. It passes the same doors. */
export function handleFile<E extends Endpoint>(endpoint: E, handler: (input: Input<E>) => Promise<FileAnswer>): Route {
  return {
    endpoint,
    respond: async (deps, c) => sendFile(deps.log, c.get('facts').id, await handler(await readInput(deps, c, endpoint))),
  }
}

async function readInput<E extends Endpoint>(deps: Deps, c: Context<Env>, endpoint: E): Promise<Input<E>> {
  const principal = await admit(deps, c, endpoint)
  const params = parseParams(endpoint, c)
  const query = parseField(endpoint.request.query, () => parseQuery(c.get('target')), 'query')
  const body = endpoint.request.body ? await readBodyOf(c) : undefined
  const parsedBody = parseField(endpoint.request.body, () => body, 'body')
  const actor = principal && toActor(principal, c, endpoint, body)
  await requireStepUp(deps, c, endpoint, principal)
  return { actor, exchange: toExchange(deps, c, c.get('facts')), params, query, body: parsedBody } as Input<E> // parsed by the schemas that Input is inferred from
}

/** Credential, then rate, then permission: of the route that was dispatched. */
async function admit(deps: Deps, c: Context<Env>, endpoint: Endpoint): Promise<Principal | null> {
  const facts = c.get('facts')
  refuseForeignOrigin(deps, c, endpoint)
  if (endpoint.authentication === 'none') {
    takeRate(deps, c, `address:${toRateSource(facts.address)}`, endpoint)
    return null
  }
  const credential = readCredential(c.req.header('authorization'), c.req.header('cookie'))
  if (endpoint.authentication === 'metrics' && credential.bearer && isSameToken(credential.bearer, deps.env.metricsToken)) {
    takeRate(deps, c, 'metrics-token', endpoint)
    return null
  }
  const principal = await findPrincipal(deps.authenticators, credential, facts)
  if (!principal || 'refused' in principal) {
    c.set('refused', principal)
    takeRate(deps, c, `refused:${toRateSource(facts.address)}`, { ...endpoint, rateLimit: 'public' })
    throw new AppError('unauthenticated')
  }
  c.set('principal', principal)
  takeOwnRate(deps, c, principal, endpoint)
  await checkAddress(deps, principal, facts)
  if (endpoint.authentication === 'person' && principal.kind !== 'person') {
    throw new AppError('forbidden', { message: 'Only a person may do that: sign in, keys and tokens are not enough.' })
  }
  if (endpoint.permission !== 'none' && !principal.permissions.has(endpoint.permission)) {
    throw new AppError('forbidden', { message: `This credential may not do that: it lacks the permission ${endpoint.permission}.` })
  }
  if (endpoint.authentication === 'agent' && principal.agentId === undefined) throw new AppError('agent_required')
  return principal
}

/** A key with a limit of its own keeps that one too, over all its requests together. */
function takeOwnRate(deps: Deps, c: Context<Env>, principal: Principal, endpoint: Endpoint): void {
  const caller = `${principal.organizationId}:${principal.id}`
  takeRate(deps, c, caller, endpoint)
  const perMinute = principal.requestsPerMinute
  if (perMinute !== undefined) takeRate(deps, c, `own:${caller}`, { ...endpoint, rateLimit: 'read' }, { perMinute, burst: perMinute })
}

async function checkAddress(deps: Deps, principal: Principal, { address }: RequestFacts): Promise<void> {
  const isAllowed = isInNetworks(address, principal.networks ?? [])
  const isPlaceAllowed = principal.kind !== 'person' || (await deps.settings.isAddressAllowed(principal.organizationId, address))
  if (!isAllowed || !isPlaceAllowed) throw new AppError('address_refused')
}

function takeRate(deps: Deps, c: Context<Env>, caller: string, endpoint: Endpoint, limits?: RateLimits): void {
  const decision = deps.limiter.take(caller, endpoint.rateLimit, limits)
  c.set('rate', decision)
  if (!decision.admitted) throw new AppError('rate_limited', { retryAfterSeconds: decision.retryAfterSeconds })
}

/** A malformed id names nothing, so it is answered as an absent one. */
function parseParams(endpoint: Endpoint, c: Context<Env>): unknown {
  if (!endpoint.request.params) return undefined
  const parsed = endpoint.request.params.safeParse(c.req.param())
  if (!parsed.success) throw new AppError('not_found')
  c.set('object', toObject(Object.values(c.req.param()).at(-1) ?? ''))
  return parsed.data
}

function toObject(id: string): Variables['object'] {
  const kind = readIdKind(id)
  return kind ? { kind, id } : null
}

/** No body at all stands for an empty object: its missing fields are then named one by one. */
function readBodyOf(c: Context<Env>): unknown {
  const hasNone = ['content-type', 'transfer-encoding'].every((name) => c.req.header(name) === undefined)
  if (hasNone && (c.req.header('content-length') ?? '0') === '0') return {}
  return readJson(c.req.raw, maximumBodyBytes)
}

function parseField(schema: z.ZodType | undefined, read: () => unknown, place: 'query' | 'body'): unknown {
  const value = read()
  if (!schema) {
    if (place === 'query' && Object.keys(Object(value)).length > 0)
      throw new AppError('invalid_request', { message: 'This route takes no query parameters.' })
    return undefined
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw explainIssues(parsed.error, place)
  return parsed.data
}

function toActor(principal: Principal, c: Context<Env>, endpoint: Endpoint, body: unknown): Actor {
  const isRepeatable = endpoint.method !== 'GET' && endpoint.tenant === 'organization'
  const key = !isRepeatable ? null : readIdempotencyKey(c.req.header('idempotency-key'))
  const actor: Actor = { ...principal, request: c.get('facts') }
  if (key === null) return actor
  const request = requestText(c.get('target'), body)
  return { ...actor, idempotency: { key, route: endpoint.id, request, secretResponse: endpoint.secretResponse === true } }
}

async function repeatable(c: Context<Env>, handler: () => Promise<unknown>): Promise<unknown> {
  try {
    return await handler()
  } catch (error) {
    if (!(error instanceof IdempotentReplay)) throw error
    c.header('idempotency-replayed', 'true')
    return error.answer
  }
}

function reply(c: Context<Env>, endpoint: Endpoint, answer: unknown): Response {
  const { status, schema } = endpoint.response
  if (!schema) return c.body(null, status as 204)
  return c.json(schema.parse(answer) as object, status as 200)
}

/** By which the inline parts of this page are known. */
export function nonceOf(c: Context<Env>): string {
  const nonce = c.get('nonce') ?? randomBytes(16).toString('base64')
  c.set('nonce', nonce)
  return nonce
}

export function rateHeadersOf(c: Context<Env>): Record<string, string> {
  const rate = c.get('rate')
  return rate ? rateHeaders(rate) : {}
}
