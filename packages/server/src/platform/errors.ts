import { type ErrorCode, errorTable } from '@keylease/shared/errors'

/** A refusal from the error table. The message may say more than the table's, never a secret, a header or a body. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly details: unknown
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, options: { message?: string; details?: unknown; retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(options.message ?? errorTable[code].message, { cause: options.cause })
    this.code = code
    this.details = options.details
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}
