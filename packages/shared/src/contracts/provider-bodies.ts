import { z } from 'zod'
import { errorClasses } from '../providers/errors'
import { operationKinds } from '../providers/operation'
import { providerFields } from '../providers/provider'
import { providerWires } from '../providers/wire'
import { definition, ProviderCategory, ProviderId, UpstreamUrl } from './provider-fields'
import { ListQuery, listOf, Text, Timestamp } from './values'

const Count = z.number().int().min(0).max(1_000_000_000)
const states = ['healthy', 'degraded', 'down', 'unknown'] as const

const StatusBasis = z.object({
  answered: Count.describe('Calls that the provider answered, a refusal of the key included.'),
  failed: Count.describe('Calls that met an error of the provider.'),
  unreachable: Count.describe('Calls that got no answer.'),
  latencyMs: z.number().int().min(0).max(600_000).nullable().describe('Mean time to an answer.'),
})

const status = {
  status: z
    .enum(states)
    .describe('How this organization reaches it: from probes and calls of the last 15 minutes. A bad key counts for nothing.'),
  statusSince: Timestamp.nullable(),
  statusBasis: StatusBasis,
}
export const ProviderStatus = z.object({ id: ProviderId, windowSeconds: z.literal(900), ...status })
export type ProviderStatus = z.infer<typeof ProviderStatus>

const Auth = z.object({
  kind: z.enum(['bearer', 'header', 'query', 'aws', 'google']),
  name: z.string().optional(),
  prefix: z.string().optional(),
  service: z.string().optional().describe('Of AWS: what requests are signed for.'),
  scope: z.string().optional().describe('Of Google: what a service account asks for.'),
})

const ErrorMeaning = z.object({
  class: z.enum(errorClasses),
  cause: z.string(),
  remedy: z.string(),
  url: z.string().nullable(),
  statuses: z.array(z.number().int().min(200).max(599)).optional().describe('Of a defined provider: what was said to mean it.'),
  words: z.array(z.string()).optional(),
})

export const Provider = z.object({
  id: ProviderId,
  name: z.string(),
  monogram: z.string().describe('Two letters that stand for it.'),
  category: ProviderCategory,
  definedBy: z.enum(['catalogue', 'organization']),
  wire: z.enum(providerWires).nullable().describe('Of a defined provider: whose wire it speaks.'),
  baseUrl: z.string().nullable().describe('Null where each key brings its own; {region} is the region of the key.'),
  origins: z.array(z.string()).describe('Other origins where a key may go beside its base URL; * is one label.'),
  auth: Auth,
  headers: z.record(z.string(), z.string()),
  apiVersion: z.object({ in: z.enum(['header', 'query']), name: z.string(), default: z.string() }).nullable(),
  keyPrefixes: z.array(z.string()),
  keyExample: z.string(),
  requiredFields: z.array(z.enum(providerFields)).describe('What a key has to bring beside its value.'),
  operations: z.array(z.object({ kind: z.enum(operationKinds), method: z.string(), path: z.string() })),
  models: z.array(z.string()).describe('Well-known ones; any other works as well.'),
  rateLimitHeaders: z.array(z.string()).describe('How the names of its rate-limit headers begin.'),
  errors: z.array(ErrorMeaning),
  probe: z
    .object({ method: z.string(), path: z.string(), rejectedStatuses: z.array(z.number().int().min(400).max(499)) })
    .nullable()
    .describe('Null where nothing would prove a key.'),
  testCall: z
    .object({ kind: z.enum(operationKinds), model: z.string().nullable() })
    .nullable()
    .describe('What the test of a key sends; null where there is none.'),
  billsOnDisconnect: z.boolean().describe('Whether it finishes, and bills, an answer whose caller has gone.'),
  mint: z
    .object({
      kind: z.enum(['token', 'key']),
      maxTtlSeconds: z.number().int().min(0).max(31_536_000).nullable(),
      isSpendCapped: z.boolean(),
      docsUrl: z.string(),
    })
    .nullable()
    .describe('Whether it can make short-lived credentials.'),
  pricingId: z.string().nullable(),
  feeNanos: z.string().nullable().describe('What each request costs, as the organization says, in nano-dollars.'),
  docsUrl: z.string().nullable(),
  supportUrl: z.string().nullable(),
  setup: z.array(z.string()),
  ...status,
  createdAt: Timestamp.nullable(),
})
export type Provider = z.infer<typeof Provider>

export const CreateProvider = z.strictObject({
  id: ProviderId.optional().describe('Absent, it is made from the name.'),
  name: Text(80),
  baseUrl: UpstreamUrl,
  category: definition.category.default('other'),
  wire: definition.wire.default('none'),
  auth: definition.auth.default({ kind: 'bearer' }),
  headers: definition.headers.default({}),
  apiVersion: definition.apiVersion.default(null),
  keyPrefix: definition.keyPrefix.default(null),
  requiredFields: definition.requiredFields.default([]),
  models: definition.models.default([]),
  rateLimitHeaders: definition.rateLimitHeaders.default(['x-ratelimit-', 'ratelimit-', 'retry-after']),
  errors: definition.errors.default([]),
  probe: definition.probe.default(null),
  testModel: definition.testModel.default(null),
  feeNanos: definition.feeNanos.default(null),
  setup: definition.setup.default([]),
  supportUrl: definition.supportUrl.default(null),
  docsUrl: definition.docsUrl.default(null),
})
export type CreateProvider = z.infer<typeof CreateProvider>

export const UpdateProvider = z
  .strictObject({
    name: Text(80),
    baseUrl: UpstreamUrl.describe('For keys stored from now on: a stored key stays bound to where it was meant for.'),
    ...definition,
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change at least one field')
  .meta({ minProperties: 1 })
export type UpdateProvider = z.infer<typeof UpdateProvider>

export const ListProviders = ListQuery.extend({
  search: Text(80).optional().describe('Only providers whose name or id holds this text.'),
  category: ProviderCategory.optional(),
  status: z.enum(states).optional(),
})
export type ListProviders = z.infer<typeof ListProviders>

export const ProviderPage = listOf(Provider)
export type ProviderPage = z.infer<typeof ProviderPage>
