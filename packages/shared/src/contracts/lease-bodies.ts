import { z } from 'zod'
import { deliveries } from './policy'
import { Environment, Id, ListQuery, listOf, Timestamp } from './values'

const Nanos = z
  .string()
  .regex(/^\d{1,19}$/, 'nano-dollars as a decimal string')
  .meta({ example: '1500000' })
const Milliseconds = z.number().int().min(0).max(86_400_000)
const Count = z.number().int().min(0).max(1_000_000_000)
/** 32 bytes in base64url. */
const PublicKey = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'an X25519 public key: 32 bytes in base64url without padding')
const ProviderId = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/)
const Sequence = z.number().int().min(0).max(1_000_000_000_000)

/** A call that was begun and whose outcome is not known yet. */
export const OpenIntent = z.strictObject({ sequence: Sequence, estimateNanos: Nanos.optional().describe('Where a budget applies.') })
const OpenIntents = z.array(OpenIntent).max(1_000)

export const IssueLease = z
  .strictObject({
    provider: ProviderId.optional(),
    keyId: Id('providerKey').optional(),
    models: z.array(z.string().min(1).max(200)).max(100).default([]).describe('Left out, whatever the grant allows.'),
    operations: z.array(z.string().min(1).max(60)).max(50).default([]),
    ttlSeconds: z.number().int().min(30).max(3_600).default(900).describe('No longer than the grant, the key and the organization allow.'),
    delivery: z.enum(deliveries).optional(),
    publicKey: PublicKey.optional().describe(
      'An ephemeral key of the caller: the credential is sealed to it. Left out, the answer is a lease token.',
    ),
    exceptKeyIds: z.array(Id('providerKey')).max(20).default([]).describe('Keys that just failed: another one of the provider is wanted.'),
    wantNanos: Nanos.optional().describe('How much money to reserve, where a budget applies.'),
  })
  .refine((lease) => (lease.provider === undefined) !== (lease.keyId === undefined), 'must name either provider or keyId')
export type IssueLease = z.infer<typeof IssueLease>

/** HPKE (RFC 9180) in base mode, opened with info `keylease lease v1` and the id of the lease as additional data. */
export const SealedCredential = z.object({
  suite: z.literal('DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM'),
  encapsulatedKey: z.string(),
  ciphertext: z.string(),
})
export type SealedCredential = z.infer<typeof SealedCredential>

/** What a sealed credential opens to. */
export interface OpenedCredential {
  key: string
  auth: { kind: string; name?: string; prefix?: string; service?: string; scope?: string }
  /** Sent with every request that does not bring its own. */
  headers: Record<string, string>
}

export const LeaseScope = z.object({
  organizationId: Id('organization'),
  projectId: Id('project'),
  agentId: Id('agent'),
  environment: Environment,
  keyId: Id('providerKey'),
  keyVersionId: Id('keyVersion'),
  grantId: Id('grant'),
  models: z.array(z.string()).describe('Exact names, or beginnings that end in *; empty restricts nothing.'),
  operations: z.array(z.string()),
  requestsPerMinute: Count.nullable(),
  tokensPerMinute: Count.nullable(),
  defaultMaxOutputTokens: Count.nullable(),
})
export type LeaseScope = z.infer<typeof LeaseScope>

/** Money reserved for one holder. */
export const Slice = z.object({ nanos: Nanos, validInMs: Milliseconds, budgets: z.array(z.string()) })
export type Slice = z.infer<typeof Slice>

const Rates = z.record(z.string(), Nanos).describe('Nano-dollars per million units, by class of usage.')
export const LeasePrice = z.object({
  model: z.string(),
  priceId: z.string(),
  version: z.string(),
  rates: Rates,
  contexts: z.array(z.object({ from: Count, rates: Rates })).describe('Rates of the whole request from so many input tokens on.'),
})
export type LeasePrice = z.infer<typeof LeasePrice>

const times = {
  issuedAt: Timestamp,
  expiresAt: Timestamp,
  expiresInMs: Milliseconds.describe('From the answer on: count it on a clock that only grows.'),
  renewInMs: Milliseconds,
  serverTime: Timestamp,
}

export const IssuedLease = z.object({
  id: Id('lease'),
  provider: ProviderId,
  delivery: z.enum(deliveries),
  credential: SealedCredential.nullable().describe('With a publicKey: the key, for the holder alone.'),
  token: z.string().nullable().describe('A lease token, good at /gateway alone.'),
  baseUrl: z.string(),
  origins: z.array(z.string()).describe('Where a direct credential may be sent, and nowhere else.'),
  ...times,
  scope: LeaseScope,
  slice: Slice.nullable(),
  prices: z.array(LeasePrice).describe('Of the models that are named exactly.'),
})
export type IssuedLease = z.infer<typeof IssuedLease>

export const RenewLease = z.strictObject({
  ttlSeconds: z.number().int().min(30).max(3_600).default(900),
  openedThrough: Sequence.optional().describe('The highest sequence number that was taken.'),
  openIntents: OpenIntents.optional(),
})
export type RenewLease = z.infer<typeof RenewLease>

export const RenewedLease = z.object({ id: Id('lease'), token: z.string().nullable(), ...times })
export type RenewedLease = z.infer<typeof RenewedLease>

export const ChangeSlice = z
  .strictObject({
    wantNanos: Nanos.optional(),
    returnNanos: Nanos.optional(),
    lastSequence: Sequence,
    openIntents: OpenIntents.optional(),
  })
  .refine((change) => (change.wantNanos === undefined) !== (change.returnNanos === undefined), 'must name either wantNanos or returnNanos')
export type ChangeSlice = z.infer<typeof ChangeSlice>

export const ChangedSlice = z.object({ id: Id('lease'), slice: Slice.nullable(), serverTime: Timestamp })
export type ChangedSlice = z.infer<typeof ChangedSlice>

export const ReleaseLease = z.strictObject({
  lastSequence: Sequence.optional().describe('The last sequence number that was taken.'),
  openIntents: OpenIntents.optional(),
})
export type ReleaseLease = z.infer<typeof ReleaseLease>

export const leaseStatuses = ['active', 'released', 'expired', 'revoked'] as const
export const inFlights = ['finish', 'cut'] as const
const InFlight = z.enum(inFlights)

export const LeaseRevocation = z.object({
  revocationId: Id('revocation'),
  revokedAt: Timestamp,
  inFlight: InFlight,
  lastUsedAt: Timestamp.nullable().describe('When the last call with it ended, as far as it is reported.'),
  acknowledged: Count,
  clients: Count,
})

export const Lease = z.object({
  id: Id('lease'),
  provider: ProviderId,
  delivery: z.enum(deliveries),
  status: z.enum(leaseStatuses),
  scope: LeaseScope,
  agentName: z.string(),
  holder: z.object({ kind: z.string(), id: z.string() }).describe('The platform key or the trust rule that it was issued to.'),
  issuedAt: Timestamp,
  expiresAt: Timestamp,
  lastSeenAt: Timestamp.describe('The latest of issue, renewal and reported use.'),
  lastUsedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
  lastSequence: Sequence.nullable(),
  openedThrough: Sequence.nullable().describe('The highest sequence number that was taken, as its holder last said.'),
  openCalls: Count.describe('Calls that had begun and whose outcome was not known when its holder last spoke of them.'),
  revocation: LeaseRevocation.nullable(),
})
export type Lease = z.infer<typeof Lease>

export const ListLeases = ListQuery.extend({
  agentId: Id('agent').optional(),
  keyId: Id('providerKey').optional(),
  projectId: Id('project').optional(),
  status: z.enum(leaseStatuses).optional(),
})
export type ListLeases = z.infer<typeof ListLeases>
export const LeasePage = listOf(Lease)
export type LeasePage = z.infer<typeof LeasePage>

export const RevokeLease = z.strictObject({
  inFlight: InFlight.default('finish').describe('Whether calls that have started may finish.'),
})
export type RevokeLease = z.infer<typeof RevokeLease>

export const RevokeLeases = z
  .strictObject({
    agentId: Id('agent').optional(),
    keyId: Id('providerKey').optional(),
    projectId: Id('project').optional(),
    all: z.literal(true).optional(),
    inFlight: InFlight.default('finish').describe('Whether calls that have started may finish.'),
  })
  .refine(
    ({ agentId, keyId, projectId, all }) => [agentId, keyId, projectId, all].filter((one) => one !== undefined).length === 1,
    'must name exactly one of agentId, keyId, projectId and all',
  )
export type RevokeLeases = z.infer<typeof RevokeLeases>

/** A key that somebody still holds in clear and that its provider may still take. */
export const LeaseTask = z.object({
  id: Id('task'),
  keyId: Id('providerKey'),
  keyVersionId: Id('keyVersion'),
  revocationId: Id('revocation'),
  openedAt: Timestamp,
  closedAt: Timestamp.nullable().describe('When a probe proved the key dead.'),
})
export type LeaseTask = z.infer<typeof LeaseTask>

export const ListLeaseTasks = ListQuery.extend({
  keyId: Id('providerKey').optional(),
  state: z.enum(['open', 'closed']).optional(),
})
export type ListLeaseTasks = z.infer<typeof ListLeaseTasks>
export const LeaseTaskPage = listOf(LeaseTask)
export type LeaseTaskPage = z.infer<typeof LeaseTaskPage>

export const RevokedLeases = z.object({
  revocationId: Id('revocation').nullable().describe('Null where no lease was live.'),
  revoked: Count.describe('How many leases ended.'),
  inFlight: InFlight,
  upstream: z
    .array(z.object({ keyId: Id('providerKey'), upstream: z.enum(['revoked', 'still_valid']) }))
    .describe('Whether what the holders have is still good at the provider.'),
  acknowledgedBy: z.object({ acknowledged: Count, clients: Count }).describe('Clients that were connected.'),
  tasks: z.array(LeaseTask),
})
export type RevokedLeases = z.infer<typeof RevokedLeases>
