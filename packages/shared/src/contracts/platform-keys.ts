import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { scopes } from './permissions'
import { Id, ListQuery, listOf, Text, Timestamp } from './values'

export const Scope = z.enum(scopes)

/** `10.0.0.0/8`, `2001:db8::/32` or one address; the service reads it strictly and answers its canonical form. */
export const AddressRange = z.string().min(2).max(64).meta({ example: '203.0.113.0/24' })
const Addresses = z.array(AddressRange).max(100).describe('Where the key may be used from; empty: from anywhere.')
const RequestsPerMinute = z.number().int().min(1).max(100_000).nullable().describe('A limit of its own, over all its requests together.')

export const PlatformKeyStatus = z.enum(['active', 'expired', 'revoked'])

export const PlatformKey = z.object({
  id: Id('platformKey'),
  name: z.string(),
  prefix: z.string().describe('The beginning of the key, to tell it from others.'),
  scopes: z.array(Scope),
  agentId: Id('agent').nullable(),
  addresses: Addresses,
  requestsPerMinute: RequestsPerMinute,
  status: PlatformKeyStatus,
  createdBy: z.string(),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  revokedAt: Timestamp.nullable(),
  lastUsedAt: Timestamp.nullable(),
  lastUsedAddress: z.string().nullable(),
})
export type PlatformKey = z.infer<typeof PlatformKey>

export const IssuedPlatformKey = PlatformKey.extend({ key: z.string().describe('Shown this once: store it now.') })
export type IssuedPlatformKey = z.infer<typeof IssuedPlatformKey>

export const CreatePlatformKey = z
  .strictObject({
    name: Text(120),
    scopes: z
      .array(Scope)
      .min(1)
      .refine((list) => new Set(list).size === list.length, 'must name each scope once'),
    agentId: Id('agent').nullable().default(null).describe('The agent that the key is for; a key with the lease scope needs one.'),
    expiresAt: Timestamp.nullable().default(null),
    addresses: Addresses.default([]),
    requestsPerMinute: RequestsPerMinute.default(null),
  })
  .refine((key) => key.agentId !== null || !key.scopes.includes('lease'), {
    path: ['agentId'],
    message: 'is required: a key with the lease scope is for one agent',
  })
export type CreatePlatformKey = z.infer<typeof CreatePlatformKey>

export const UpdatePlatformKey = z
  .strictObject({
    name: Text(120).optional(),
    expiresAt: Timestamp.optional().describe('Only earlier than it is.'),
    addresses: Addresses.optional(),
    requestsPerMinute: RequestsPerMinute.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change at least one field')
  .meta({ minProperties: 1 })
export type UpdatePlatformKey = z.infer<typeof UpdatePlatformKey>

export const RegeneratePlatformKey = z.strictObject({
  overlapSeconds: z.number().int().min(0).max(86_400).default(0).describe('How long the old key stays good beside the new one.'),
})
export type RegeneratePlatformKey = z.infer<typeof RegeneratePlatformKey>

export const ListPlatformKeys = ListQuery.extend({
  search: Text(120).optional().describe('Only keys whose name or prefix holds this text.'),
  scope: Scope.optional(),
  agentId: Id('agent').optional(),
  status: PlatformKeyStatus.optional(),
})
export type ListPlatformKeys = z.infer<typeof ListPlatformKeys>

export const PlatformKeyPage = listOf(PlatformKey)
export type PlatformKeyPage = z.infer<typeof PlatformKeyPage>

const Count = z.number().int().min(0)
const Counts = { requests: Count, errors: Count.describe('Answered 4xx or 5xx.'), refusals: Count.describe('Answered 401, 403 or 429.') }

export const PlatformKeyUsage = z.object({
  lastUsedAt: Timestamp.nullable(),
  lastUsedAddress: z.string().nullable(),
  totals: z.object(Counts),
  days: z.array(z.object({ day: z.iso.date(), ...Counts })).describe('The last 30 days (UTC), today last.'),
})
export type PlatformKeyUsage = z.infer<typeof PlatformKeyUsage>

const PlatformKeyParams = z.strictObject({ keyId: Id('platformKey') })

const example: PlatformKey = {
  id: 'plk_01jd2f8m3n6q9rkvwxyz012345',
  name: 'bot',
  prefix: 'kl_live_7Qk2Zr',
  scopes: ['lease'],
  agentId: 'agt_01jd2f8m3n6q9rkvwxyz012345',
  addresses: ['203.0.113.0/24'],
  requestsPerMinute: 600,
  status: 'active',
  createdBy: 'bootstrap',
  createdAt: '2026-11-21T10:00:00.000Z',
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: '2026-11-21T10:04:00.000Z',
  lastUsedAddress: '203.0.113.7',
}
const fresh = { ...example, lastUsedAt: null, lastUsedAddress: null }
const params = { keyId: example.id }

const shared = { tag: 'Platform keys', authentication: 'credential', tenant: 'organization' } as const

export const listPlatformKeys = defineEndpoint({
  ...shared,
  id: 'listPlatformKeys',
  method: 'GET',
  path: '/api/v1/platform/api-keys',
  summary: 'List platform keys',
  description: 'Newest first, ended ones included. A key itself is never shown again.',
  permission: 'platform-keys.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListPlatformKeys },
  response: { status: 200, schema: PlatformKeyPage },
  errors: ['invalid_cursor'],
  example: { query: { scope: 'lease', status: 'active', limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const createPlatformKey = defineEndpoint({
  ...shared,
  id: 'createPlatformKey',
  method: 'POST',
  path: '/api/v1/platform/api-keys',
  summary: 'Create a platform key',
  description:
    'The key is shown in this answer and never again. It grants no more than its creator holds: no key is an Owner, and the key of a Manager stays in their teams. It follows its creator: a lower role lowers the key within a second, the role given back gives it back. When the creator leaves, the key goes on with the role they had last, until it is revoked. Its form is kl_live_, 64 random characters of base62 and 6 of checksum: the CRC-32 of all before it, in base62 (0-9A-Za-z), with leading zeros.',
  permission: 'platform-keys.write',
  audit: 'platform-key.created',
  rateLimit: 'write',
  request: { body: CreatePlatformKey },
  response: { status: 201, schema: IssuedPlatformKey },
  errors: ['not_found'],
  secretResponse: true,
  example: {
    body: {
      name: 'bot',
      scopes: ['lease'],
      agentId: 'agt_01jd2f8m3n6q9rkvwxyz012345',
      addresses: ['203.0.113.0/24'],
      requestsPerMinute: 600,
    },
    response: { ...fresh, key: 'kl_live_…' },
  },
})

export const getPlatformKey = defineEndpoint({
  ...shared,
  id: 'getPlatformKey',
  method: 'GET',
  path: '/api/v1/platform/api-keys/{keyId}',
  summary: 'Get a platform key',
  permission: 'platform-keys.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: PlatformKeyParams },
  response: { status: 200, schema: PlatformKey },
  errors: ['not_found'],
  example: { params, response: example },
})

export const getPlatformKeyUsage = defineEndpoint({
  ...shared,
  id: 'getPlatformKeyUsage',
  method: 'GET',
  path: '/api/v1/platform/api-keys/{keyId}/usage',
  summary: 'See how a platform key is used',
  description: 'At most a second behind. Requests count all; errors and refusals are among them.',
  permission: 'platform-keys.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: PlatformKeyParams },
  response: { status: 200, schema: PlatformKeyUsage },
  errors: ['not_found'],
  example: {
    params,
    response: {
      lastUsedAt: '2026-11-21T10:04:00.000Z',
      lastUsedAddress: '203.0.113.7',
      totals: { requests: 1280, errors: 12, refusals: 3 },
      days: [{ day: '2026-11-21', requests: 1280, errors: 12, refusals: 3 }],
    },
  },
})

export const updatePlatformKey = defineEndpoint({
  ...shared,
  id: 'updatePlatformKey',
  method: 'PATCH',
  path: '/api/v1/platform/api-keys/{keyId}',
  summary: 'Change a platform key',
  description: 'Only the fields that are sent change. Scopes and agent stay; the end may only come earlier.',
  permission: 'platform-keys.write',
  audit: 'platform-key.updated',
  rateLimit: 'write',
  request: { params: PlatformKeyParams, body: UpdatePlatformKey },
  response: { status: 200, schema: PlatformKey },
  errors: ['not_found', 'key_not_usable'],
  example: { params, body: { requestsPerMinute: 60 }, response: { ...example, requestsPerMinute: 60 } },
})

export const regeneratePlatformKey = defineEndpoint({
  ...shared,
  id: 'regeneratePlatformKey',
  method: 'POST',
  path: '/api/v1/platform/api-keys/{keyId}/regenerate',
  summary: 'Regenerate a platform key',
  description: 'The new key is shown in this answer and never again. With an overlap of 0 every earlier one ends at once.',
  permission: 'platform-keys.write',
  audit: 'platform-key.regenerated',
  rateLimit: 'write',
  request: { params: PlatformKeyParams, body: RegeneratePlatformKey },
  response: { status: 200, schema: IssuedPlatformKey },
  errors: ['not_found', 'key_not_usable'],
  secretResponse: true,
  example: { params, body: { overlapSeconds: 3600 }, response: { ...example, key: 'kl_live_…' } },
})

export const revokePlatformKey = defineEndpoint({
  ...shared,
  id: 'revokePlatformKey',
  method: 'DELETE',
  path: '/api/v1/platform/api-keys/{keyId}',
  summary: 'Revoke a platform key',
  description: 'Every replica refuses it within a second, for good. Revoking a revoked key changes nothing. It stays in the list.',
  permission: 'platform-keys.write',
  audit: 'platform-key.revoked',
  rateLimit: 'write',
  request: { params: PlatformKeyParams },
  response: { status: 204 },
  errors: ['not_found'],
  example: { params },
})
