import * as contract from '@keylease/shared/contracts/ingest'
import { errorTable } from '@keylease/shared/errors'
import type { Context } from 'hono'
import type { Deps } from '../../deps'
import { AppError } from '../../platform/errors'
import { admitActor, type Env, type Route } from '../../platform/http'
import { noteRefusal, toErrorBody } from '../../platform/pipeline'
import { encodeResponse, encodeStatus, type Signal } from './otlp/answer'
import { readLength, readOtlpBody } from './otlp/body'
import { contentTypes, type OtlpEncoding, readEncoding } from './otlp/encoding'
import { answerOrigin, answerPreflight } from './otlp/origins'
import { MalformedOtlp } from './otlp/signal'
import { ingestBatch } from './service'

const maximumBytes = 64 * 1024 * 1024
const retryAfterSeconds = 2
/** The only statuses after which an exporter sends its batch again. */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504])

type ExportEndpoint = typeof contract.exportTraces | typeof contract.exportLogs | typeof contract.exportMetrics

export const ingestRoutes = (deps: Deps): Route[] => [
  receiverRoute(deps, contract.exportTraces, 'traces'),
  receiverRoute(deps, contract.exportLogs, 'logs'),
  receiverRoute(deps, contract.exportMetrics, 'metrics'),
]

const receiverRoute = (deps: Deps, endpoint: ExportEndpoint, signal: Signal): Route => ({
  endpoint,
  respond: (_, c) => receive(deps, c, endpoint, signal),
  ...(deps.env.otlpOrigins.length === 0 ? {} : { preflight: (c) => respondPreflight(deps, c) }),
})

async function receive(deps: Deps, c: Context<Env>, endpoint: ExportEndpoint, signal: Signal): Promise<Response> {
  const encoding = readEncoding(c.req.header('content-type'))
  try {
    for (const [name, value] of Object.entries(answerOrigin(deps.env.otlpOrigins, c.req.header('origin')))) c.header(name, value)
    const actor = await admitActor(deps, c, endpoint)
    if (encoding === null) {
      throw new AppError('unsupported_media_type', { message: 'Send application/x-protobuf or application/json.' })
    }
    const place = deps.intake.admission.enter(actor.organizationId, readLength(c.req.raw, maximumBytes))
    try {
      const { arrivalMs, decoder } = deps.intake
      const body = await readOtlpBody(c.req.raw, { maximumBytes, arrivalMs, onGrowth: place.grow })
      const batch = await decoder.decode(signal, encoding, body)
      const partial = await ingestBatch(deps, actor, batch)
      return answer(c, encoding, 200, encodeResponse(encoding, signal, partial))
    } finally {
      place.leave()
    }
  } catch (error) {
    return refuse(deps, c, encoding ?? 'json', error)
  }
}

/** An error nobody expected must not cost the sender its data: only these statuses are sent again. */
function refuse(deps: Deps, c: Context<Env>, encoding: OtlpEncoding, error: unknown): Response {
  const known = noteRefusal(deps, c, error instanceof MalformedOtlp ? toBadRequest(error) : error)
  const told = known.code === 'internal' ? new AppError('unavailable', { cause: known, retryAfterSeconds }) : known
  const { status } = errorTable[told.code]
  if (retryable.has(status)) c.header('retry-after', String(Math.min(5, told.retryAfterSeconds ?? retryAfterSeconds)))
  return answer(c, encoding, status, encodeStatus(encoding, told.message, toErrorBody(c, told)))
}

const toBadRequest = (error: MalformedOtlp) =>
  new AppError('invalid_request', { message: `The body is not OTLP: ${error.message}.`, cause: error })

function answer(c: Context<Env>, encoding: OtlpEncoding, status: number, body: Buffer): Response {
  return c.body(new Uint8Array(body), status as 200, { 'content-type': contentTypes[encoding] })
}

/** Only the origins that the operator named hear that they may send; another one hears nothing of it. */
function respondPreflight(deps: Deps, c: Context<Env>): Response {
  const headers = answerOrigin(deps.env.otlpOrigins, c.req.header('origin'))
  const isAllowed = 'access-control-allow-origin' in headers
  return c.body(null, 204, { ...headers, ...(isAllowed ? answerPreflight(c.req.header('access-control-request-headers')) : {}) })
}
