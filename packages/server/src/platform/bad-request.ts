import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorCode, errorTable } from '@keylease/shared/errors'
import { newId } from '@keylease/shared/ids'

/** What is not HTTP never reaches the app: it is answered here, in the same shape. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  socket.end(renderAnswer(...classify(error.code)))
}

function classify(code: string | undefined): [ErrorCode, string?] {
  if (code === 'HPE_HEADER_OVERFLOW') return ['headers_too_large']
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['invalid_request', 'The request did not arrive in time. Send it again, whole.']
  return ['invalid_request', 'The request is not valid HTTP. Send it with an ordinary HTTP client.']
}

function renderAnswer(code: ErrorCode, message: string = errorTable[code].message): string {
  const requestId = newId('request')
  const { status } = errorTable[code]
  const body = JSON.stringify({ error: { code, message, requestId } })
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    `x-request-id: ${requestId}`,
    'connection: close',
  ]
  return `${headers.join('\r\n')}\r\n\r\n${body}`
}

/** A request that Node parsed and the adapter could not turn into one: a missing or impossible Host. */
export function answerAdapterError(error: unknown): Response {
  const code: ErrorCode = error instanceof Error && error.name === 'RequestError' ? 'invalid_request' : 'internal'
  const message =
    code === 'invalid_request'
      ? 'The path or the Host header is not valid. Send a plain path and the address of this service as Host.'
      : errorTable[code].message
  const requestId = newId('request')
  const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-request-id': requestId }
  return Response.json({ error: { code, message, requestId } }, { status: errorTable[code].status, headers })
}
