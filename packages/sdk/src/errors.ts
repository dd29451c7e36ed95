interface Facts {
  retryable?: boolean
  requestId?: string | undefined
  details?: unknown
  cause?: unknown
}

/** Causes may go round. */
const deepestCause = 10

const brand: unique symbol = Symbol.for('keylease.error')

/** Anything that Keylease refuses or fails to do. A provider's own errors never become one. */
export class KeyleaseError extends Error {
  override readonly name: string = 'KeyleaseError'
  /** One word of the service's error table, or of the SDK: `config_invalid`, `connection_failed`. */
  readonly code: string
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** Of the answer that said so. */
  readonly requestId: string | null
  readonly details: unknown
  readonly [brand] = true

  constructor(code: string, message: string, { retryable = false, requestId, details, cause }: Facts = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retryable = retryable
    this.requestId = requestId ?? null
    this.details = details ?? null
  }

  /** Also true of an error from another copy of this package. */
  static is(error: unknown): error is KeyleaseError {
    return typeof error === 'object' && error !== null && brand in error
  }

  /** The refusal behind an error of a provider's client; null where the provider itself, or the network, was the cause. */
  static from(error: unknown): KeyleaseError | null {
    let next = error
    for (let depth = 0; depth < deepestCause && next !== undefined; depth++) {
      if (KeyleaseError.is(next)) return next
      const told = findRefusal(next)
      if (told) return createError(told.code, told.message, told)
      // After its last try the Vercel AI SDK keeps the error as `lastError`.
      next = next instanceof Error ? (next.cause ?? (next as { lastError?: unknown }).lastError) : undefined
    }
    return null
  }
}

/** A budget has no room for this call. `details` says which one, and when it resets. */
export class BudgetExceededError extends KeyleaseError {
  override readonly name = 'BudgetExceededError'
}

/** The lease was revoked: a new one is given only if the policy still does. */
export class LeaseRevokedError extends KeyleaseError {
  override readonly name = 'LeaseRevokedError'
}

/** The SDK was set up wrongly. */
export class ConfigError extends KeyleaseError {
  override readonly name = 'ConfigError'
  constructor(message: string, cause?: unknown) {
    super('config_invalid', message, { cause })
  }
}

/** The service could not be reached, or what answered was not the service. */
export class ConnectionError extends KeyleaseError {
  override readonly name = 'ConnectionError'
  constructor(message: string, cause?: unknown) {
    super('connection_failed', message, { retryable: true, cause })
  }
}

export function createError(code: string, message: string, facts: Facts): KeyleaseError {
  if (code === 'budget_exceeded') return new BudgetExceededError(code, message, facts)
  if (code === 'lease_revoked') return new LeaseRevokedError(code, message, facts)
  if (code === 'connection_failed') return new ConnectionError(message, facts.cause)
  if (code === 'config_invalid') return new ConfigError(message, facts.cause)
  return new KeyleaseError(code, message, facts)
}

/** Under this header and member our own answers inside a provider's client carry what they are. */
export const refusalHeader = 'x-keylease-error'

interface Refusal {
  code: string
  message: string
  retryable: boolean
  requestId: string | undefined
  details: unknown
}

/** Clients keep the parsed body on `error`, `body` or `data`, as text, or put its members on the error: the refusal lies in it under `keylease`. */
function findRefusal(error: unknown): Refusal | null {
  if (typeof error !== 'object' || error === null) return null
  const own = readRefusal(error, 4)
  if (own) return own
  for (const name of ['body', 'data', 'responseBody', 'rawValue', '$responseBodyText', 'message']) {
    const found = readRefusal((error as Record<string, unknown>)[name], 4)
    if (found) return found
  }
  return null
}

function readRefusal(value: unknown, depth: number): Refusal | null {
  if (typeof value === 'string') return value.includes('"keylease"') ? readRefusal(parse(value), depth - 1) : null
  if (typeof value !== 'object' || value === null || depth === 0) return null
  const { keylease } = value as { keylease?: Partial<Refusal> }
  if (typeof keylease?.code === 'string' && typeof keylease.message === 'string') {
    const { code, message, retryable = false, requestId, details } = keylease
    return { code, message, retryable, requestId, details }
  }
  return readRefusal((value as { error?: unknown }).error, depth - 1)
}

/** The first JSON object in a text: some clients put the status before it. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
