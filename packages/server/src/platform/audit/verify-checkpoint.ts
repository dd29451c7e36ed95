import { commitValue } from '../personal'
import { type Checkpoint, firstPreviousRoot, isSignedCheckpoint } from './checkpoint'
import type { EntryRecord, LeafRecord } from './export-record'
import { digestEntry, hashOf } from './leaf'
import { computeRoot } from './merkle'

/** One checkpoint while its leaves are read. */
export interface OpenCheckpoint {
  checkpoint: Checkpoint
  leaves: Buffer[]
  nextIndex: number
}

/** What is wrong with the signed statement itself. */
export function checkSignature(checkpoint: Checkpoint, key: string | undefined): string[] {
  const name = `checkpoint ${checkpoint.number}`
  if (key === undefined) return [`${name}: it is signed by key version ${checkpoint.keyVersion}, which no anchor knows`]
  if (key !== checkpoint.publicKey) return [`${name}: it names another key than the anchors for key version ${checkpoint.keyVersion}`]
  return isSignedCheckpoint(checkpoint, key) ? [] : [`${name}: its signature does not belong to it`]
}

/** What is wrong with its place. Only an export that begins at some time may begin with a later checkpoint than the first. */
export function checkChain(checkpoint: Checkpoint, previous: Checkpoint | null, mayBeginLater: boolean): string[] {
  const { number, previousRoot } = checkpoint
  const name = `checkpoint ${number}`
  if (previous && number !== previous.number + 1) return [`${name}: it follows checkpoint ${previous.number}, so one is missing or moved`]
  if (previous && previousRoot !== previous.root) return [`${name}: it is not chained to checkpoint ${previous.number}`]
  if (!previous && number === 1 && previousRoot !== firstPreviousRoot) return [`${name}: it is chained to another, but it is the first`]
  if (!previous && number !== 1 && !mayBeginLater) return [`${name}: those before it are missing`]
  return []
}

/** What is wrong with an entry, whatever its tree says. */
export function checkEntry(entry: EntryRecord, organizationId: string): string[] {
  const name = `entry ${entry.id} (checkpoint ${entry.checkpoint}, index ${entry.index})`
  const findings: string[] = []
  if (entry.organizationId !== organizationId) findings.push(`${name}: it belongs to another organization`)
  if (digestEntry(entry) !== entry.digest) findings.push(`${name}: it was changed`)
  if (!opensCommitments(entry)) findings.push(`${name}: its address or user agent was changed`)
  return findings
}

/** Both are shown and open their commitments, or both were erased. */
function opensCommitments({ salt, address, userAgent, addressCommitment, userAgentCommitment }: EntryRecord): boolean {
  if (salt === null || address === null || userAgent === null) return salt === null && address === null && userAgent === null
  const key = Buffer.from(salt, 'hex')
  const opens = (value: string, commitment: string) => commitValue(key, value).toString('hex') === commitment
  return opens(address, addressCommitment) && opens(userAgent, userAgentCommitment)
}

/** Adds a leaf to its checkpoint and says when it does not stand where it belongs. */
export function addLeaf(open: OpenCheckpoint | null, record: EntryRecord | LeafRecord, organizationId: string): string[] {
  const name = `entry ${record.id}`
  if (!open || record.checkpoint !== open.checkpoint.number) {
    return [`${name}: it says checkpoint ${record.checkpoint} but stands under ${open ? `checkpoint ${open.checkpoint.number}` : 'none'}`]
  }
  const { nextIndex } = open
  open.leaves.push(hashOf(organizationId, { entryId: record.id, occurredAt: record.occurredAt, digest: record.digest }))
  open.nextIndex = record.index + 1
  if (record.index === nextIndex) return []
  const place = `checkpoint ${record.checkpoint}`
  return [record.index > nextIndex ? `${place}: index ${nextIndex} is missing` : `${place}: ${name} is repeated or moved`]
}

/** Once all leaves are there: as many as were signed, under the root that was signed. */
export function closeCheckpoint({ checkpoint, leaves }: OpenCheckpoint): string[] {
  const name = `checkpoint ${checkpoint.number}`
  if (leaves.length !== checkpoint.size) return [`${name}: it was signed over ${checkpoint.size} entries and has ${leaves.length}`]
  if (computeRoot(leaves).toString('hex') !== checkpoint.root) return [`${name}: its entries do not lead to its signed root`]
  return []
}
