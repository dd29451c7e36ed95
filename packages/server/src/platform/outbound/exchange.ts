import type { IncomingHttpHeaders } from 'node:http'
import type { Agent, Dispatcher } from 'undici'
import type { OutboundAnswer, OutboundRequest } from './message'
import { OutboundFailure, UrlNotAllowed } from './refusal'

export interface OutboundTimeouts {
  connectMs: number
  /** From the connection to the first byte of the answer. */
  headersMs: number
  bodyMs: number
}

const maximumBodyBytes = 1024 * 1024
const unreachable =
  /^(ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_\w+|EPIPE|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|UND_ERR_SOCKET)$/
const overdue = /^(UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT|ETIMEDOUT)$/

class Overdue extends Error {
  readonly code = 'ETIMEDOUT'
}

/** One request and its answer. A failure is an outcome as well; only a caller's abort is thrown. */
export async function exchange(
  agent: Agent,
  url: URL,
  request: OutboundRequest,
  timeouts: OutboundTimeouts,
): Promise<OutboundAnswer | Error> {
  const deadline = createDeadline(request.signal)
  try {
    deadline.set(timeouts.connectMs + timeouts.headersMs)
    const response = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: request.method ?? 'GET',
      headers: { 'accept-encoding': 'identity', 'user-agent': 'keylease', ...request.headers },
      body: request.body ?? null,
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.bodyMs,
      signal: deadline.signal,
    })
    deadline.set(timeouts.bodyMs)
    return { status: response.statusCode, headers: toHeaders(response.headers), body: await readBody(response.body) }
  } catch (error) {
    request.signal?.throwIfAborted()
    return toFailure(error)
  } finally {
    deadline.clear()
  }
}

async function readBody(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= maximumBodyBytes) break // leaving the loop destroys the stream and its connection
  }
  return Buffer.concat(chunks).subarray(0, maximumBodyBytes)
}

/** One clock for each part of an exchange: an answer that drips in cannot hold it open. */
function createDeadline(outer: AbortSignal | undefined) {
  const own = new AbortController()
  let timer: NodeJS.Timeout | undefined
  return {
    signal: outer ? AbortSignal.any([outer, own.signal]) : own.signal,
    set(ms: number) {
      clearTimeout(timer)
      timer = setTimeout(() => own.abort(new Overdue('no answer in time')), ms)
    },
    clear: () => clearTimeout(timer),
  }
}

function toHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  return Object.assign(Object.create(null), Object.fromEntries(entries))
}

function toFailure(error: unknown): Error {
  const refusal = findRefusal(error)
  if (refusal) return refusal
  const code = String(Object(error).code)
  if (overdue.test(code)) return new OutboundFailure('timeout', error)
  return new OutboundFailure(unreachable.test(code) ? 'unreachable' : 'broken', error)
}

/** A refused address may come wrapped, when several addresses were tried. */
function findRefusal(error: unknown): UrlNotAllowed | undefined {
  if (error instanceof UrlNotAllowed) return error
  return error instanceof AggregateError ? error.errors.find((each) => each instanceof UrlNotAllowed) : undefined
}
