import type { z } from 'zod'
import type { ErrorCode } from '../errors'
import type { Permission } from './permissions'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * Who may knock. `credential`: a platform key or a person's session; `agent`: a platform key or a workload token that acts for an agent;
 * `person`: a session alone; `metrics`: a credential, or the metrics token.
 */
export type Authentication = 'none' | 'credential' | 'agent' | 'person' | 'metrics'

/** Each class has its own token bucket per caller; the server's rate table gives the numbers. */
export type RateLimitClass = 'probe' | 'public' | 'read' | 'write' | 'machine'

export interface EndpointExample {
  params?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
  response?: unknown
}

/** One HTTP operation as data: the server mounts it, OpenAPI and the reference page describe it, tests are generated from it. */
export interface Endpoint {
  id: string
  method: Method
  /** Parameters in braces: `/api/v1/projects/{projectId}`. */
  path: `/${string}`
  tag: string
  summary: string
  description?: string
  authentication: Authentication
  permission: Permission | 'none'
  tenant: 'organization' | 'none'
  /** The action of the audit entry that a success writes. */
  audit: string
  /** Why something that changes leaves no audit entry. */
  unaudited?: string
  /** Takes no Idempotency-Key: what it is sent says itself what was sent before. */
  selfIdempotent?: true
  rateLimit: RateLimitClass
  request: { params?: z.ZodType; query?: z.ZodType; body?: z.ZodType }
  response: {
    status: 200 | 201 | 202 | 204 | 302
    schema?: z.ZodType
    contentType?: string
    /** The same body under another status. */
    otherwise?: { status: 503; example: unknown }
  }
  /** Refusals a caller should expect beside those that every route shares. */
  errors: readonly ErrorCode[]
  /** The answer holds a secret that is shown once: a late replay gets `secret_already_shown`. */
  secretResponse?: true
  /** Asks a person for a fresh factor, bound to this endpoint and its object. */
  stepUp?: true
  example: EndpointExample
}

export function defineEndpoint<const E extends Endpoint>(endpoint: E): E {
  return endpoint
}
