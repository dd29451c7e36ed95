import * as contract from '@keylease/shared/contracts/ingest'
import { errorTable } from '@keylease/shared/errors'
import type { Context } from 'hono'
import type { Deps } from '../../deps'
import { AppError } from '../../platform/errors'
import { admitActor, type Env, type Route } from '../../platform/http'
import { noteRefusal, toErrorBody } from '../../platform/pipeline'
import { encodeResponse, encodeStatus } from './otlp/answer'
import { contentTypes, type OtlpEncoding, readEncoding, readOtlpBody } from './otlp/encoding'
import { readJsonTraces } from './otlp/json-traces'
import { readProtobufTraces } from './otlp/protobuf-traces'
import { MalformedOtlp } from './otlp/signal'
import { ingestSpans } from './service'

const maximumBytes = 64 * 1024 * 1024
const retryAfterSeconds = 2
/** The only statuses after which an exporter sends its batch again. */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504])

export const ingestRoutes = (deps: Deps): Route[] => [{ endpoint: contract.exportTraces, respond: (_, c) => receive(deps, c) }]

async function receive(deps: Deps, c: Context<Env>): Promise<Response> {
  const encoding = readEncoding(c.req.header('content-type'))
  try {
    const actor = await admitActor(deps, c, contract.exportTraces)
    if (encoding === null) {
      throw new AppError('unsupported_media_type', { message: 'Send application/x-protobuf or application/json.' })
    }
    const body = await readOtlpBody(c.req.raw, maximumBytes)
    const spans = encoding === 'json' ? readJsonTraces(body) : readProtobufTraces(body)
    return answer(c, encoding, 200, encodeResponse(encoding, 'traces', await ingestSpans(deps, actor, spans)))
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
