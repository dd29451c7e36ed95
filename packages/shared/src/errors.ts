/** Every error that the service answers with, in one table: what it means, how it is answered, whether trying again can help. */
export const errorTable = {
  invalid_request: { status: 400, retryable: false, message: 'The request is not valid. See details for each field and what it needs.' },
  invalid_json: { status: 400, retryable: false, message: 'The body is not valid JSON. Send one well-formed JSON object in UTF-8.' },
  invalid_path: {
    status: 400,
    retryable: false,
    message: 'The path is not valid. Send it without encoded slashes, empty or dot segments, or control characters.',
  },
  invalid_idempotency_key: { status: 400, retryable: false, message: 'Idempotency-Key must be 1 to 255 visible ASCII characters.' },
  invalid_cursor: {
    status: 400,
    retryable: false,
    message: 'The cursor is not one that this list returned. Start again without a cursor.',
  },
  unauthenticated: { status: 401, retryable: false, message: 'No valid credential. Send "Authorization: Bearer <token>".' },
  step_up_required: {
    status: 403,
    retryable: false,
    message: 'This asks for a fresh factor. Confirm it at POST /api/v1/step-up and send x-keylease-step-up.',
  },
  address_refused: { status: 403, retryable: false, message: 'This credential may not be used from this address.' },
  foreign_origin: { status: 403, retryable: false, message: 'A browser sent this from another site. Use the pages of this service.' },
  forbidden: { status: 403, retryable: false, message: 'This credential may not do that.' },
  not_found: { status: 404, retryable: false, message: 'Nothing is here for this credential. Check the path and the id.' },
  method_not_allowed: {
    status: 405,
    retryable: false,
    message: 'This path does not take that method. The Allow header lists those it takes.',
  },
  idempotency_in_progress: {
    status: 409,
    retryable: true,
    message: 'A request with this Idempotency-Key is still running. Try again in a moment.',
  },
  secret_already_shown: {
    status: 409,
    retryable: false,
    message: 'The secret of this request was shown once and cannot be shown again. Details name the resource.',
  },
  body_too_large: { status: 413, retryable: false, message: 'The body is larger than this route takes.' },
  unsupported_media_type: { status: 415, retryable: false, message: 'Send the body as "Content-Type: application/json".' },
  misdirected_request: {
    status: 421,
    retryable: false,
    message: 'This service does not answer for that Host. Use its own address or KEYLEASE_PUBLIC_URL.',
  },
  idempotency_key_reused: {
    status: 422,
    retryable: false,
    message: 'This Idempotency-Key was used with another request. Use a new key for a new request.',
  },
  rate_limited: { status: 429, retryable: true, message: 'Too many requests. Wait for the time in Retry-After.' },
  headers_too_large: { status: 431, retryable: false, message: 'The request headers are larger than this service takes.' },
  internal: { status: 500, retryable: true, message: 'Something failed on our side. The request id finds it in the log.' },
  sealed: { status: 503, retryable: true, message: 'The service is sealed: it has no usable root key. /readyz says why and what to do.' },
  unavailable: { status: 503, retryable: true, message: 'The database is not reachable right now. Try again in a moment.' },
} as const satisfies Record<string, { status: number; retryable: boolean; message: string }>

export type ErrorCode = keyof typeof errorTable
