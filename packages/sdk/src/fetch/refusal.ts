import { toRefusalBody } from '@keylease/shared/providers/refusal'
import { type KeyleaseError, refusalHeader } from '../errors'
import { retryAfterOf } from '../transport/answer'

const statuses: Readonly<Record<string, number>> = {
  budget_exceeded: 429,
  budget_busy: 429,
  rate_limited: 429,
  lease_limit_reached: 429,
  unauthenticated: 401,
  config_invalid: 401,
  key_rejected: 401,
  not_found: 404,
}

const shortMs = 1_000

/**
 * A refusal of ours in the shape of the provider's own errors: its client throws what its user knows how to read. A thrown error would
 * be tried three times and surface as a lost connection.
 */
export function toRefusal(provider: string, error: KeyleaseError): Response {
  const status = statuses[error.code] ?? (error.retryable ? 503 : 403)
  const retryAfterMs = retryAfterOf(error)
  const { code, message, retryable, requestId, details } = error
  const body = toRefusalBody(provider, { status, code: `keylease_${code}`, message })
  const keylease = { code, message, retryable, requestId, details }
  // Some clients keep the whole body on their error, others what lies under `error` in it.
  const { error: inner } = body
  const told = typeof inner === 'object' ? { ...body, error: { ...inner, keylease } } : { ...body, keylease }
  return new Response(JSON.stringify(told), {
    status,
    headers: {
      'content-type': 'application/json',
      'x-should-retry': 'false',
      [refusalHeader]: code,
      ...(retryAfterMs !== undefined &&
        tellsWait(provider, error, retryAfterMs) && { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }),
    },
  })
}

/** Clients that read neither `x-should-retry` nor the body: they ask again, and would wait as long as they are told to. */
const statusReaders: ReadonlySet<string> = new Set(['bedrock', 'cohere'])

/** Told where waiting may help, and to nobody who would only wait to be refused again. */
const tellsWait = (provider: string, { retryable }: KeyleaseError, retryAfterMs: number): boolean =>
  !statusReaders.has(provider) || (retryable && retryAfterMs <= shortMs)
