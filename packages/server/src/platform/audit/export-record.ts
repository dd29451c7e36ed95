import { z } from 'zod'

const Hex = z.string().regex(/^(?:[0-9a-f]{2})+$/)
const Hash = z.string().regex(/^[0-9a-f]{64}$/)
const Time = z.iso.datetime()

const place = { checkpoint: z.number().int(), index: z.number().int() }

const Header = z.strictObject({
  type: z.literal('export'),
  format: z.literal('keylease-audit-1'),
  organizationId: z.string(),
  from: Time.nullable(),
  to: Time.nullable(),
  exportedAt: Time,
  firstCheckpoint: z.number().int().nullable(),
  lastCheckpoint: z.number().int().nullable(),
  /** Entries before this moment were dropped by retention: their leaves stand alone. */
  retainedFrom: Time.nullable(),
})
export type ExportHeader = z.infer<typeof Header>

export const CheckpointFacts = z.strictObject({
  organizationId: z.string(),
  number: z.number().int().min(1),
  size: z.number().int().min(1),
  root: Hash,
  previousRoot: Hash,
  createdAt: Time,
  keyVersion: z.number().int(),
  publicKey: Hash,
  signature: Hex,
})
const CheckpointRecord = CheckpointFacts.extend({ type: z.literal('checkpoint') })

const entry = {
  organizationId: z.string(),
  id: z.string(),
  occurredAt: Time,
  actorKind: z.string(),
  actorId: z.string(),
  actorName: z.string(),
  action: z.string(),
  resourceKind: z.string(),
  resourceId: z.string(),
  requestId: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  addressCommitment: Hex,
  userAgentCommitment: Hex,
  salt: Hex.nullable(),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
}
const EntryRecord = z.strictObject({ type: z.literal('entry'), ...place, ...entry, digest: Hash })
export type EntryRecord = z.infer<typeof EntryRecord>

/** An entry that is in no checkpoint: nothing proves it. */
const StrayRecord = z.strictObject({ type: z.literal('stray'), ...entry })

/** A leaf whose entry is gone. */
const LeafRecord = z.strictObject({ type: z.literal('leaf'), ...place, id: z.string(), occurredAt: Time, digest: Hash })
export type LeafRecord = z.infer<typeof LeafRecord>

const EndRecord = z.strictObject({
  type: z.literal('end'),
  checkpoints: z.number().int(),
  entries: z.number().int(),
  leaves: z.number().int(),
  strays: z.number().int(),
  /** SHA-256 of every byte before this record. */
  digest: Hash,
  keyVersion: z.number().int(),
  publicKey: Hash,
  signature: Hex,
})
export type EndRecord = z.infer<typeof EndRecord>

/** One line of an export. */
export const ExportRecord = z.discriminatedUnion('type', [Header, CheckpointRecord, EntryRecord, StrayRecord, LeafRecord, EndRecord])
export type ExportRecord = z.infer<typeof ExportRecord>
export type StrayRecord = z.infer<typeof StrayRecord>
