import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { CreateProvider, ListProviders, Provider, ProviderPage, ProviderStatus, UpdateProvider } from './provider-bodies'
import { exampleDefinition, exampleProvider } from './provider-examples'
import { ProviderId } from './provider-fields'

const ProviderParams = z.strictObject({ providerId: ProviderId })

const params = { providerId: exampleProvider.id }

const { id, status, statusSince, statusBasis } = exampleProvider
const exampleStatus: ProviderStatus = { id, windowSeconds: 900, status, statusSince, statusBasis }

const shared = { tag: 'Providers', authentication: 'credential', tenant: 'organization' } as const

export const listProviders = defineEndpoint({
  ...shared,
  id: 'listProviders',
  method: 'GET',
  path: '/api/v1/providers',
  summary: 'List providers',
  description: 'Those that Keylease knows and those that the organization defined, by id.',
  permission: 'providers.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListProviders },
  response: { status: 200, schema: ProviderPage },
  errors: ['invalid_cursor'],
  example: { query: { category: 'search', limit: '20' }, response: { items: [exampleProvider], nextCursor: null, total: 1 } },
})

export const createProvider = defineEndpoint({
  ...shared,
  id: 'createProvider',
  method: 'POST',
  path: '/api/v1/providers',
  summary: 'Define a provider',
  description:
    'Describes an HTTP API that the catalogue does not know, with the same fields: where it is, whose wire it speaks, how a key authorises a request, what proves a key, what its errors mean, what a request costs.',
  permission: 'providers.write',
  audit: 'provider.created',
  rateLimit: 'write',
  request: { body: CreateProvider },
  response: { status: 201, schema: Provider },
  errors: ['url_not_allowed', 'provider_exists'],
  example: {
    body: exampleDefinition,
    response: exampleProvider,
  },
})

export const getProvider = defineEndpoint({
  ...shared,
  id: 'getProvider',
  method: 'GET',
  path: '/api/v1/providers/{providerId}',
  summary: 'Get a provider',
  permission: 'providers.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: ProviderParams },
  response: { status: 200, schema: Provider },
  errors: ['not_found'],
  example: { params, response: exampleProvider },
})

export const getProviderStatus = defineEndpoint({
  ...shared,
  id: 'getProviderStatus',
  method: 'GET',
  path: '/api/v1/providers/{providerId}/status',
  summary: 'How does a provider do?',
  description:
    'From the probes and calls of this organization within 15 minutes; without any it keeps its last status for two hours. A key that the provider refuses does not make it look down.',
  permission: 'providers.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: ProviderParams },
  response: { status: 200, schema: ProviderStatus },
  errors: ['not_found'],
  example: { params, response: exampleStatus },
})

export const updateProvider = defineEndpoint({
  ...shared,
  id: 'updateProvider',
  method: 'PATCH',
  path: '/api/v1/providers/{providerId}',
  summary: 'Change a provider that the organization defined',
  description: 'Only the fields that are sent change. Keys that are stored already keep the base URL that they were stored for.',
  permission: 'providers.write',
  audit: 'provider.updated',
  rateLimit: 'write',
  request: { params: ProviderParams, body: UpdateProvider },
  response: { status: 200, schema: Provider },
  errors: ['not_found', 'url_not_allowed', 'forbidden'],
  example: { params, body: { name: 'Acme Search EU' }, response: { ...exampleProvider, name: 'Acme Search EU' } },
})

export const deleteProvider = defineEndpoint({
  ...shared,
  id: 'deleteProvider',
  method: 'DELETE',
  path: '/api/v1/providers/{providerId}',
  summary: 'Delete a provider that the organization defined',
  description: 'Refused while a key of it is stored or can still be restored.',
  permission: 'providers.write',
  audit: 'provider.deleted',
  rateLimit: 'write',
  request: { params: ProviderParams },
  response: { status: 204 },
  errors: ['not_found', 'provider_in_use', 'forbidden'],
  example: { params },
})
