import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { type ErrorCode, errorTable } from '@keylease/shared/errors'

export interface Refusal {
  code: ErrorCode
  status: number
  retryable: boolean
  message: string
}

const codes = Object.keys(errorTable) as readonly ErrorCode[]

export const allRefusals: readonly Refusal[] = codes.map((code) => ({ code, ...errorTable[code] }))

/** Signing in has no answer that could be kept for a repeat. */
export const takesIdempotencyKey = (endpoint: Endpoint) =>
  endpoint.method !== 'GET' && endpoint.tenant === 'organization' && !endpoint.selfIdempotent

/** Every refusal that this route can answer: those of its own and those that its parts bring with them. */
export function listRefusals(endpoint: Endpoint): Refusal[] {
  const possible = new Set<ErrorCode>([...endpoint.errors, ...everywhere])
  const add = (condition: unknown, added: readonly ErrorCode[]) => {
    if (condition) for (const code of added) possible.add(code)
  }
  add(endpoint.authentication !== 'none', ['unauthenticated', 'unavailable'])
  add(endpoint.permission !== 'none', ['forbidden'])
  add(endpoint.rateLimit !== 'probe', ['sealed'])
  add(endpoint.tenant === 'organization' || endpoint.request.query, ['invalid_request'])
  add(endpoint.request.body, ['invalid_request', 'invalid_json', 'body_too_large', 'unsupported_media_type'])
  add(takesIdempotencyKey(endpoint), ['invalid_idempotency_key', 'idempotency_in_progress', 'idempotency_key_reused'])
  add(endpoint.method !== 'GET', ['foreign_origin'])
  add(endpoint.stepUp, ['step_up_required'])
  add(endpoint.secretResponse, ['secret_already_shown'])
  return allRefusals.filter(({ code }) => possible.has(code)).sort((a, b) => a.status - b.status)
}

export function groupByStatus(refusals: readonly Refusal[]): [status: number, refusals: Refusal[]][] {
  return [...Map.groupBy(refusals, ({ status }) => status)]
}

export function createErrorExample({ code, message }: Refusal): unknown {
  return { error: { code, message, requestId: 'req_01jd2f8m3n6q9rkvwxyz012345', ...exampleDetails[code] } }
}

const everywhere: readonly ErrorCode[] = ['invalid_path', 'misdirected_request', 'rate_limited', 'headers_too_large', 'internal']

const exampleDetails: Partial<Record<ErrorCode, { details: unknown }>> = {
  invalid_request: { details: { fields: [{ field: 'name', problem: 'is required' }] } },
}
