import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import * as keys from './provider-key-bodies'
import { exampleDetail, exampleKey, exampleProbe, exampleRotation, exampleSecret, exampleVersion } from './provider-key-examples'
import { exampleHealth, exampleTest, KeyTest, ProviderKeyHealth, TestProviderKey } from './provider-key-health'
import { Id, ListQuery } from './values'

const KeyParams = z.strictObject({ keyId: Id('providerKey') })
const params = { keyId: exampleKey.id }
const request = { params: KeyParams }

const shared = { tag: 'Provider keys', authentication: 'credential', tenant: 'organization' } as const
const reading = { ...shared, permission: 'provider-keys.read', audit: 'none', rateLimit: 'read' } as const
const writing = { ...shared, permission: 'provider-keys.write', rateLimit: 'write' } as const

export const listProviderKeys = defineEndpoint({
  ...reading,
  id: 'listProviderKeys',
  method: 'GET',
  path: '/api/admin/api-keys',
  summary: 'List provider keys',
  description: 'The keys that the caller may see, masked. Newest first unless sorted otherwise; keys without the sorted value come last.',
  request: { query: keys.ListProviderKeys },
  response: { status: 200, schema: keys.ProviderKeyPage },
  errors: ['invalid_cursor'],
  example: { query: { provider: 'openai', status: 'active', limit: '20' }, response: { items: [exampleKey], nextCursor: null, total: 1 } },
})

export const createProviderKey = defineEndpoint({
  ...writing,
  id: 'createProviderKey',
  method: 'POST',
  path: '/api/admin/api-keys',
  summary: 'Store a provider key',
  description:
    'The value is encrypted at once and never shown again, except by reveal. It stays bound to the base URL that it is stored with. With "verify": true the provider is asked afterwards; its answer does not refuse the key.',
  audit: 'provider-key.created',
  request: { body: keys.CreateProviderKey },
  response: { status: 201, schema: keys.StoredProviderKey },
  errors: ['not_found', 'duplicate_key', 'url_not_allowed'],
  example: {
    body: { provider: 'openai', name: exampleKey.name, key: exampleSecret, environment: 'production', tags: ['checkout'] },
    response: { ...exampleKey, warnings: [], verification: null },
  },
})

export const getProviderKey = defineEndpoint({
  ...reading,
  id: 'getProviderKey',
  method: 'GET',
  path: '/api/admin/api-keys/{keyId}',
  summary: 'Get a provider key with its versions',
  description: 'A deleted key is answered while it can be restored.',
  request,
  response: { status: 200, schema: keys.ProviderKeyDetail },
  errors: ['not_found'],
  example: { params, response: exampleDetail },
})

export const updateProviderKey = defineEndpoint({
  ...writing,
  id: 'updateProviderKey',
  method: 'PATCH',
  path: '/api/admin/api-keys/{keyId}',
  summary: 'Change, disable or enable a provider key',
  description:
    'Only the fields that are sent change. The base URL does not: a stored key never goes to another host than it was meant for.',
  audit: 'provider-key.updated',
  request: { ...request, body: keys.UpdateProviderKey },
  response: { status: 200, schema: keys.ProviderKey },
  errors: ['not_found', 'key_not_usable'],
  example: { params, body: { name: 'prod-eu', status: 'disabled' }, response: { ...exampleKey, name: 'prod-eu', status: 'disabled' } },
})

export const deleteProviderKey = defineEndpoint({
  ...writing,
  id: 'deleteProviderKey',
  method: 'DELETE',
  path: '/api/admin/api-keys/{keyId}',
  summary: 'Delete a provider key',
  description: 'It stops at once and can be restored for 30 days; then its value is destroyed. Ask for its impact first.',
  audit: 'provider-key.deleted',
  request,
  response: { status: 204 },
  errors: ['not_found'],
  example: { params },
})

export const restoreProviderKey = defineEndpoint({
  ...writing,
  id: 'restoreProviderKey',
  method: 'POST',
  path: '/api/admin/api-keys/{keyId}/restore',
  summary: 'Restore a deleted provider key',
  description: 'Within 30 days of its deletion. A key that is not deleted is answered as it is.',
  audit: 'provider-key.restored',
  request,
  response: { status: 200, schema: keys.ProviderKey },
  errors: ['not_found'],
  example: { params, response: exampleKey },
})

export const getProviderKeyImpact = defineEndpoint({
  ...reading,
  id: 'getProviderKeyImpact',
  method: 'GET',
  path: '/api/admin/api-keys/{keyId}/impact',
  summary: 'What would stop without this key?',
  description: 'Ask before disabling, revoking or deleting it.',
  request,
  response: { status: 200, schema: keys.ProviderKeyImpact },
  errors: ['not_found'],
  example: {
    params,
    response: {
      keyId: exampleKey.id,
      grants: 2,
      agents: 1,
      liveLeases: 3,
      spendNanos24h: '1250000000',
      lastUsedAt: null,
      lastUsedAgentId: null,
    },
  },
})

export const rotateProviderKey = defineEndpoint({
  ...writing,
  id: 'rotateProviderKey',
  method: 'PUT',
  path: '/api/admin/api-keys/{keyId}/rotate',
  summary: 'Rotate a provider key to a new value',
  description:
    'The provider is asked about the new value first. Refused by it, nothing changes; without a verdict nothing changes either unless "force" is true. The old value drains until its deadline. Interrupted, the same request again goes on where it stopped.',
  audit: 'provider-key.rotated',
  request: { ...request, body: keys.RotateProviderKey },
  response: { status: 200, schema: keys.KeyRotation },
  errors: ['not_found', 'duplicate_key', 'key_not_usable', 'rotation_in_progress', 'key_rejected', 'key_unproven'],
  example: { params, body: { key: exampleSecret, drainSeconds: 900 }, response: exampleRotation },
})

export const verifyProviderKey = defineEndpoint({
  ...writing,
  id: 'verifyProviderKey',
  method: 'POST',
  path: '/api/admin/api-keys/{keyId}/verify',
  summary: 'Ask the provider whether a key is good',
  description: 'valid is true or false only where the provider said so; null says that its answer, or an outage, proves nothing.',
  audit: 'provider-key.verified',
  request,
  response: { status: 200, schema: keys.Probe },
  errors: ['not_found', 'key_not_usable'],
  example: { params, response: exampleProbe },
})

export const listProviderKeyProbes = defineEndpoint({
  ...reading,
  id: 'listProviderKeyProbes',
  method: 'GET',
  path: '/api/admin/api-keys/{keyId}/probes',
  summary: 'List what the provider said about a key',
  description: 'Newest first.',
  request: { ...request, query: ListQuery },
  response: { status: 200, schema: keys.ProbePage },
  errors: ['not_found', 'invalid_cursor'],
  example: { params, query: { limit: '20' }, response: { items: [exampleProbe], nextCursor: null, total: 1 } },
})

export const getProviderKeyHealth = defineEndpoint({
  ...reading,
  id: 'getProviderKeyHealth',
  method: 'GET',
  path: '/api/admin/api-keys/{keyId}/health',
  summary: 'How does a provider key do?',
  description: 'When it was checked and will be, and how its checks went over 24 hours, 7 and 30 days.',
  request,
  response: { status: 200, schema: ProviderKeyHealth },
  errors: ['not_found'],
  example: { params, response: exampleHealth },
})

export const testProviderKey = defineEndpoint({
  ...writing,
  id: 'testProviderKey',
  method: 'POST',
  path: '/api/admin/api-keys/{keyId}/test',
  summary: 'Make one tiny real call with a provider key',
  description:
    'It costs what such a call costs, so a key takes five in a minute. The answer tells time, tokens and cost, or what went wrong and what to do; what the provider wrote is not repeated.',
  audit: 'provider-key.tested',
  request: { ...request, body: TestProviderKey },
  response: { status: 200, schema: KeyTest },
  errors: ['not_found', 'key_not_usable', 'test_unavailable'],
  example: { params, body: {}, response: exampleTest },
})

export const revokeProviderKey = defineEndpoint({
  ...writing,
  id: 'revokeProviderKey',
  method: 'POST',
  path: '/api/admin/api-keys/{keyId}/revoke',
  summary: 'Revoke a provider key at once',
  description:
    'For an emergency: every value of the key stops, nothing drains. "upstream" says whether the provider still takes it: until a probe proves it dead, delete it there as well.',
  audit: 'provider-key.revoked',
  request: { ...request, body: keys.RevokeProviderKey },
  response: { status: 200, schema: keys.KeyRevocation },
  errors: ['not_found'],
  example: {
    params,
    body: { inFlight: 'cut' },
    response: { id: exampleKey.id, status: 'revoked', inFlight: 'cut', revokedAt: exampleKey.createdAt, upstream: 'still_valid' },
  },
})

export const revealProviderKey = defineEndpoint({
  ...writing,
  id: 'revealProviderKey',
  method: 'POST',
  path: '/api/admin/api-keys/{keyId}/reveal',
  summary: 'Show the value of a provider key',
  description: 'For Owners and Admins who are people, with a fresh factor. It is audited and a security event.',
  authentication: 'person',
  permission: 'provider-keys.reveal',
  audit: 'provider-key.revealed',
  stepUp: true,
  secretResponse: true,
  request,
  response: { status: 200, schema: keys.RevealedKey },
  errors: ['not_found', 'key_not_usable', 'step_up_required'],
  example: { params, response: { id: exampleKey.id, versionId: exampleVersion.id, number: 1, key: exampleSecret } },
})
