import { z } from 'zod'
import { providerCategories } from '../providers/provider'
import { defineEndpoint } from './endpoint'
import { ListQuery, listOf, Text, Timestamp } from './values'

export const ProviderId = z
  .string()
  .max(60)
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens')
  .meta({ example: 'openai' })
export const ProviderCategory = z.enum(providerCategories)

/** One line of printable ASCII without spaces: a URL is judged by the guard, which says what is wrong with it. */
export const UpstreamUrl = z
  .string()
  .min(1)
  .max(2_048)
  .regex(/^[^?#]*$/, 'must hold neither a query nor a fragment')
  .meta({ format: 'uri', example: 'https://api.example.com/v1' })

const HeaderName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,59}$/, 'must be a header name')
  .refine(
    (name) => !/^(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|cookie|expect|proxy-.*|accept-encoding)$/i.test(name),
    'must not be a header that the connection itself needs',
  )
  .transform((name) => name.toLowerCase())
const Printable = z.string().regex(/^[\x20-\x7e]{1,40}$/, 'must be 1 to 40 printable characters')

const ProviderAuth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer') }),
  z.strictObject({ kind: z.literal('header'), name: HeaderName, prefix: Printable.optional() }),
  z.strictObject({ kind: z.literal('query'), name: z.string().regex(/^[\w.-]{1,40}$/, 'must be a parameter name') }),
])
const ProviderProbe = z.strictObject({
  path: z
    .string()
    .max(500)
    .regex(/^\/(?!\/)[\w./~%+=&?:,@-]*$/, 'must be a path below the base URL, beginning with one slash')
    .describe('A GET of this path tells whether a key is good.'),
  rejectedStatuses: z
    .array(z.number().int().min(400).max(499))
    .min(1)
    .max(10)
    .default([401])
    .describe('What the API answers to a bad key.'),
})

export const Provider = z.object({
  id: ProviderId,
  name: z.string(),
  category: ProviderCategory,
  definedBy: z.enum(['catalogue', 'organization']),
  baseUrl: z.string().nullable().describe('Null where each key brings its own.'),
  auth: z.object({ kind: z.enum(['bearer', 'header', 'query']), name: z.string().optional(), prefix: z.string().optional() }),
  keyPrefixes: z.array(z.string()),
  keyExample: z.string(),
  requiredFields: z.array(z.string()),
  probe: z
    .object({ path: z.string(), rejectedStatuses: z.array(z.number().int().min(400).max(499)) })
    .nullable()
    .describe('Null where nothing would prove a key.'),
  docsUrl: z.string().nullable(),
  icon: z.string(),
  setup: z.array(z.string()),
  createdAt: Timestamp.nullable(),
})
export type Provider = z.infer<typeof Provider>

export const CreateProvider = z.strictObject({
  id: ProviderId.optional().describe('Absent, it is made from the name.'),
  name: Text(80),
  category: ProviderCategory.default('other'),
  baseUrl: UpstreamUrl,
  auth: ProviderAuth.default({ kind: 'bearer' }),
  keyPrefix: Printable.nullable().default(null),
  probe: ProviderProbe.nullable().default(null),
  docsUrl: z
    .url({ protocol: /^https$/ })
    .max(500)
    .nullable()
    .default(null),
})
export type CreateProvider = z.infer<typeof CreateProvider>

export const UpdateProvider = z
  .strictObject({
    name: Text(80).optional(),
    category: ProviderCategory.optional(),
    baseUrl: UpstreamUrl.optional().describe('For keys stored from now on: a stored key stays bound to where it was meant for.'),
    auth: ProviderAuth.optional(),
    keyPrefix: Printable.nullable().optional(),
    probe: ProviderProbe.nullable().optional(),
    docsUrl: z
      .url({ protocol: /^https$/ })
      .max(500)
      .nullable()
      .optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change at least one field')
  .meta({ minProperties: 1 })
export type UpdateProvider = z.infer<typeof UpdateProvider>

export const ListProviders = ListQuery.extend({
  search: Text(80).optional().describe('Only providers whose name or id holds this text.'),
  category: ProviderCategory.optional(),
})
export type ListProviders = z.infer<typeof ListProviders>

export const ProviderPage = listOf(Provider)
export type ProviderPage = z.infer<typeof ProviderPage>

const ProviderParams = z.strictObject({ providerId: ProviderId })

export const exampleProvider: Provider = {
  id: 'acme-search',
  name: 'Acme Search',
  category: 'search',
  definedBy: 'organization',
  baseUrl: 'https://api.example.com/v2',
  auth: { kind: 'header', name: 'x-api-key' },
  keyPrefixes: ['acme_'],
  keyExample: 'acme_…',
  requiredFields: [],
  probe: { path: '/account', rejectedStatuses: [401, 403] },
  docsUrl: 'https://docs.example.com/auth',
  icon: 'plug',
  setup: ['Create a key in the console of the API.', 'Store it here.'],
  createdAt: '2026-11-21T10:00:00.000Z',
}
const params = { providerId: exampleProvider.id }

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
    'Describes an HTTP API that the catalogue does not know: where it is, how a key authorises a request, and what proves a key.',
  permission: 'providers.write',
  audit: 'provider.created',
  rateLimit: 'write',
  request: { body: CreateProvider },
  response: { status: 201, schema: Provider },
  errors: ['url_not_allowed', 'provider_exists'],
  example: {
    body: {
      name: exampleProvider.name,
      category: 'search',
      baseUrl: exampleProvider.baseUrl,
      auth: exampleProvider.auth,
      keyPrefix: 'acme_',
      probe: exampleProvider.probe,
      docsUrl: exampleProvider.docsUrl,
    },
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
