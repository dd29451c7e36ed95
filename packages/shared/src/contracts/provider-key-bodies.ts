import { z } from 'zod'
import { probeVerdicts } from '../providers/provider'
import { ProviderCategory, ProviderId, UpstreamUrl } from './providers'
import { Environment, Id, ListQuery, listOf, Text, Timestamp } from './values'

const Delivery = z.enum(['gateway', 'direct'])
export const keyStatuses = ['active', 'disabled', 'revoked'] as const
export const keyHealths = ['unknown', 'healthy', 'rejected'] as const

const VersionNumber = z.number().int().min(1).max(1_000_000)

export const ProviderKey = z.object({
  id: Id('providerKey'),
  name: z.string(),
  provider: ProviderId,
  category: ProviderCategory,
  preview: z.string().describe('A known beginning and the last four characters: all that is ever shown.'),
  status: z.enum(keyStatuses),
  health: z.enum(keyHealths).describe('What the provider last said about the current value.'),
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

export const Verification = z.object({
  valid: z.boolean().nullable(),
  verdict: z.enum(probeVerdicts),
  details: z.object({ organization: z.string().nullable(), limits: z.record(z.string(), z.string()) }),
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
  region: optionalText(60),
  deployment: optionalText(120),
  apiVersion: optionalText(60),
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
