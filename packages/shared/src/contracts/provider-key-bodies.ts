import { z } from 'zod'
import { probeReasons, probeVerdicts } from '../providers/provider'
import { ApiVersion, ProviderCategory, ProviderId, UpstreamUrl } from './provider-fields'
import { Environment, Id, ListQuery, listOf, Text, Timestamp } from './values'

const Delivery = z.enum(['gateway', 'direct'])
export const keyStatuses = ['active', 'disabled', 'revoked'] as const
export const keyHealths = ['unknown', 'healthy', 'rejected', 'no_quota', 'limited', 'degraded', 'unreachable'] as const
export type KeyHealth = (typeof keyHealths)[number]

const VersionNumber = z.number().int().min(1).max(1_000_000)

export const ProviderKey = z.object({
  id: Id('providerKey'),
  name: z.string(),
  provider: ProviderId,
  category: ProviderCategory,
  preview: z.string().describe('A known beginning and the last four characters: all that is ever shown.'),
  status: z.enum(keyStatuses),
  health: z
    .enum(keyHealths)
    .describe(
      'What is proven of the current value. An outage makes no key rejected: after several checks without an answer it is limited, degraded or unreachable.',
    ),
  checkedAt: Timestamp.nullable(),
  tags: z.array(z.string()),
  environment: Environment.nullable(),
  delivery: Delivery.nullable().describe('What the key allows; null is automatic.'),
  ownerMemberId: Id('member').nullable(),
  ownerTeamId: Id('team').nullable(),
  purpose: z.string().nullable(),
  upstreamOrganization: z.string().nullable(),
  region: z.string().nullable(),
  deployment: z.string().nullable(),
  apiVersion: z.string().nullable(),
  baseUrl: z.string().nullable().describe("Where alone this key is sent; null is the catalogue's own address of the provider."),
  origins: z.array(z.string()).describe('Every origin where this key may go; * is one label.'),
  maxLeaseSeconds: z
    .number()
    .int()
    .min(30)
    .max(3600)
    .nullable()
    .describe('No lease of this key lives longer at a time; null is as long as the grant allows.'),
  expiresAt: Timestamp.nullable(),
  rotatedAt: Timestamp.nullable(),
  lastUsedAt: Timestamp.nullable(),
  lastUsedAgentId: Id('agent').nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  revokedAt: Timestamp.nullable(),
  deletedAt: Timestamp.nullable(),
})
export type ProviderKey = z.infer<typeof ProviderKey>

export const KeyVersion = z.object({
  id: Id('keyVersion'),
  number: VersionNumber,
  state: z.enum(['pending', 'current', 'draining', 'retired', 'destroyed']),
  preview: z.string(),
  createdAt: Timestamp,
  activatedAt: Timestamp.nullable(),
  drainUntil: Timestamp.nullable(),
  retiredAt: Timestamp.nullable(),
})
export type KeyVersion = z.infer<typeof KeyVersion>

export const ProviderKeyDetail = ProviderKey.extend({ versions: z.array(KeyVersion).describe('Newest first, at most 50.') })
export type ProviderKeyDetail = z.infer<typeof ProviderKeyDetail>

export const Help = z.object({
  cause: z.string(),
  remedy: z.string(),
  url: z.string().nullable().describe('Where the provider lets a person mend it.'),
})

export const Verification = z.object({
  valid: z.boolean().nullable().describe('true or false only where the provider said so; an outage proves nothing.'),
  verdict: z.enum(probeVerdicts),
  reason: z.enum(probeReasons).describe('Why it is that verdict.'),
  details: z.object({ organization: z.string().nullable(), limits: z.record(z.string(), z.string()) }),
  help: Help.nullable().describe('What to do about it; null where the key is good.'),
})
export type Verification = z.infer<typeof Verification>

export const Probe = Verification.extend({
  id: Id('probe'),
  keyId: Id('providerKey'),
  versionId: Id('keyVersion'),
  latencyMs: z.number().int().min(0).max(600_000),
  createdAt: Timestamp,
})
export type Probe = z.infer<typeof Probe>

/** It becomes part of a host name: nothing in it may name another host. */
const Region = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,58}[A-Za-z0-9])?$/, 'must be a region such as eu-central-1')
const optionalText = (maximum: number) => Text(maximum).nullable().optional()
const details = {
  tags: z
    .array(Text(40))
    .max(20)
    .transform((tags) => [...new Set(tags)])
    .optional(),
  category: ProviderCategory.optional().describe("Absent, the provider's."),
  environment: Environment.nullable().optional(),
  delivery: Delivery.nullable().optional(),
  ownerMemberId: Id('member').nullable().optional(),
  ownerTeamId: Id('team').nullable().optional(),
  purpose: optionalText(500),
  upstreamOrganization: optionalText(120),
  region: Region.nullable().optional(),
  deployment: optionalText(120),
  apiVersion: ApiVersion.nullable().optional(),
  maxLeaseSeconds: z.number().int().min(30).max(3600).nullable().optional(),
  expiresAt: Timestamp.nullable().optional(),
}
const SecretText = z.string().max(8_192).meta({ writeOnly: true, description: 'Encrypted at once; no answer repeats it.' })

export const CreateProviderKey = z.strictObject({
  provider: ProviderId,
  name: Text(120),
  key: SecretText,
  baseUrl: UpstreamUrl.nullable().optional().describe("Absent, the provider's. It cannot be changed later."),
  ...details,
  verify: z.boolean().default(false).describe('Ask the provider about the key once it is stored.'),
})
export type CreateProviderKey = z.infer<typeof CreateProviderKey>

export const UpdateProviderKey = z
  .strictObject({ name: Text(120).optional(), status: z.enum(['active', 'disabled']).optional(), ...details })
  .refine((change) => Object.keys(change).length > 0, 'must change at least one field')
  .meta({ minProperties: 1 })
export type UpdateProviderKey = z.infer<typeof UpdateProviderKey>

export const StoredProviderKey = ProviderKey.extend({
  warnings: z.array(z.string()).describe('What is odd about the value.'),
  verification: Verification.nullable(),
})
export type StoredProviderKey = z.infer<typeof StoredProviderKey>

export const RotateProviderKey = z.strictObject({
  key: SecretText,
  drainSeconds: z.number().int().min(0).max(86_400).default(900).describe('How long the old value may still be used.'),
  force: z.boolean().default(false).describe('Rotate although the provider gives no verdict. A refused value is never taken.'),
})
export type RotateProviderKey = z.infer<typeof RotateProviderKey>

export const KeyRotation = z.object({
  id: Id('providerKey'),
  oldKey: KeyVersion,
  newKey: KeyVersion,
  expiresAt: Timestamp.describe('When the old value stops.'),
  verification: Verification,
  warnings: z.array(z.string()),
})
export type KeyRotation = z.infer<typeof KeyRotation>

export const RevokeProviderKey = z.strictObject({
  inFlight: z.enum(['finish', 'cut']).default('finish').describe('Whether calls that have started may finish.'),
})
export type RevokeProviderKey = z.infer<typeof RevokeProviderKey>

export const KeyRevocation = z.object({
  id: Id('providerKey'),
  status: z.literal('revoked'),
  inFlight: z.enum(['finish', 'cut']),
  revokedAt: Timestamp,
  upstream: z.enum(['still_valid', 'revoked']),
})
export type KeyRevocation = z.infer<typeof KeyRevocation>

export const RevealedKey = z.object({ id: Id('providerKey'), versionId: Id('keyVersion'), number: VersionNumber, key: z.string() })
export type RevealedKey = z.infer<typeof RevealedKey>

const Count = z.number().int().min(0).max(1_000_000)
export const ProviderKeyImpact = z.object({
  keyId: Id('providerKey'),
  grants: Count.describe('Grants that cover the key, by its id, provider, category or a tag.'),
  agents: Count.describe('Agents that those grants let use it.'),
  liveLeases: z.number().int().min(0).describe('Leases of it that are live now and would end.'),
  spendNanos24h: z.string().describe('What the calls with it cost in the last 24 hours, from the quarter of an hour that they began in.'),
  lastUsedAt: Timestamp.nullable(),
  lastUsedAgentId: Id('agent').nullable(),
})
export type ProviderKeyImpact = z.infer<typeof ProviderKeyImpact>

export const keySorts = ['createdAt', 'name', 'lastUsedAt', 'expiresAt'] as const

export const ListProviderKeys = ListQuery.extend({
  search: Text(120).optional().describe('Only keys whose name or purpose holds this text.'),
  provider: ProviderId.optional(),
  status: z.enum(keyStatuses).optional(),
  category: ProviderCategory.optional(),
  tag: Text(40).optional(),
  environment: Environment.optional(),
  health: z.enum(keyHealths).optional(),
  deleted: z.enum(['true', 'false']).default('false').describe('Deleted keys that can be restored, instead of live ones.'),
  sort: z.enum(keySorts).default('createdAt'),
  order: z.enum(['asc', 'desc']).optional().describe('Absent, names and expiry rise and times of creation and use fall.'),
})
export type ListProviderKeys = z.infer<typeof ListProviderKeys>

export const ProviderKeyPage = listOf(ProviderKey)
export type ProviderKeyPage = z.infer<typeof ProviderKeyPage>

export const ProbePage = listOf(Probe)
export type ProbePage = z.infer<typeof ProbePage>
