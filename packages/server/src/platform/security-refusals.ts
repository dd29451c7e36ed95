import type { SecurityEventKind } from '@keylease/shared/contracts/security-events'
import type { ErrorCode } from '@keylease/shared/errors'
import type { Context } from 'hono'
import type { Env } from './http'
import type { SecurityEvents } from './security-events'

const kinds: Partial<Record<ErrorCode, SecurityEventKind>> = {
  unauthenticated: 'key_refused',
  forbidden: 'permission_denied',
  not_found: 'absent_id',
  address_refused: 'address_refused',
  foreign_origin: 'foreign_origin',
  rate_limited: 'rate_limited',
  url_not_allowed: 'upstream_refused',
}

/** Tells of a refusal what a security reader wants to know. An id that is another tenant's reads as one that nobody has. */
export function recordRefusal(security: SecurityEvents, c: Context<Env>, code: ErrorCode): void {
  const kind = kinds[code]
  const { facts, object, refused, route } = c.var
  const principal = c.var.principal ?? refused?.principal
  if (!kind || (kind === 'key_refused' && !hasCredential(c)) || (kind === 'absent_id' && !(principal && object))) return
  security.record({
    kind,
    organizationId: principal?.organizationId ?? refused?.organizationId ?? null,
    ...(principal ? { actor: { kind: principal.kind, id: principal.id, name: principal.name } } : {}),
    facts,
    ...(object ? { resource: object } : {}),
    detail: { method: knownMethod(c.req.method), route, ...(refused ? { reason: refused.refused, ...refused.detail } : {}) },
  })
}

const hasCredential = (c: Context<Env>) => c.req.header('authorization') !== undefined || c.req.header('cookie') !== undefined

/** A method is a word of the caller's until it is one of ours. */
const knownMethod = (method: string) => (/^(GET|HEAD|POST|PUT|PATCH|DELETE)$/.test(method) ? method : 'other')
