import type { Tx } from '../../platform/tenancy'

export interface NewVersion {
  organizationId: string
  id: string
  keyId: string
  number: number
  state: 'pending' | 'current'
  sealed: Buffer
  preview: string
  fingerprint: Buffer
  fingerprintVersion: number
  createdBy: string
  now: Date
}

export interface SealedVersion {
  id: string
  number: number
  sealed: Buffer
}

export interface SameSecret {
  id: string
  keyId: string
  state: string
}

/** One at a time asks for and stores a secret with this fingerprint; the lock ends with the transaction. */
export async function lockFingerprint(tx: Tx, organizationId: string, fingerprint: Buffer): Promise<void> {
  const name = `fingerprint ${organizationId} ${fingerprint.toString('hex')}`
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`
}

/** The version that already holds this secret. */
export async function findSameSecret(tx: Tx, fingerprints: Buffer[]): Promise<SameSecret | null> {
  const found = await tx.$queryRaw<SameSecret[]>`
    SELECT id, key_id AS "keyId", state FROM key_version
    WHERE fingerprint = ANY(${fingerprints}) AND state <> 'destroyed' ORDER BY id LIMIT 1`
  return found[0] ?? null
}

export async function insertVersion(tx: Tx, version: NewVersion): Promise<void> {
  const activatedAt = version.state === 'current' ? version.now : null
  await tx.$executeRaw`
    INSERT INTO key_version (organization_id, id, key_id, number, state, sealed, preview, fingerprint, fingerprint_version, created_by,
      created_at, activated_at)
    VALUES (${version.organizationId}, ${version.id}, ${version.keyId}, ${version.number}, ${version.state}, ${version.sealed},
      ${version.preview}, ${version.fingerprint}, ${version.fingerprintVersion}, ${version.createdBy}, ${version.now}, ${activatedAt})`
}

export async function nextVersionNumber(tx: Tx, keyId: string): Promise<number> {
  const found = await tx.$queryRaw<{ next: number }[]>`
    SELECT coalesce(max(number), 0) + 1 AS next FROM key_version WHERE key_id = ${keyId}`
  return found[0]?.next ?? 1
}

export async function findPending(
  tx: Tx,
  keyId: string,
): Promise<{ id: string; number: number; createdAt: Date; fingerprint: Buffer } | null> {
  const found = await tx.$queryRaw<{ id: string; number: number; createdAt: Date; fingerprint: Uint8Array }[]>`
    SELECT id, number, created_at AS "createdAt", fingerprint FROM key_version WHERE key_id = ${keyId} AND state = 'pending'`
  return found[0] ? { ...found[0], fingerprint: Buffer.from(found[0].fingerprint) } : null
}

/** A pending value that does not come into use leaves nothing that could be opened. */
export async function destroyPending(tx: Tx, versionId: string, now: Date): Promise<void> {
  await tx.$executeRaw`
    UPDATE key_version SET state = 'destroyed', sealed = NULL, destroyed_at = ${now} WHERE id = ${versionId} AND state = 'pending'`
}

/** The old current drains and the pending one takes its place; false when the pending one is no longer there. */
export async function switchCurrent(
  tx: Tx,
  key: { id: string; pendingId: string },
  times: { now: Date; drainUntil: Date },
): Promise<{ oldId: string } | null> {
  const retiredAt = times.drainUntil > times.now ? null : times.now
  const old = await tx.$queryRaw<{ id: string }[]>`
    UPDATE key_version SET state = ${retiredAt === null ? 'draining' : 'retired'}, drain_until = ${times.drainUntil}, retired_at = ${retiredAt}
    WHERE key_id = ${key.id} AND state = 'current' RETURNING id`
  const taken = await tx.$executeRaw`
    UPDATE key_version SET state = 'current', activated_at = ${times.now} WHERE id = ${key.pendingId} AND state = 'pending'`
  return old[0] && taken === 1 ? { oldId: old[0].id } : null
}

/** Nothing of the key may be used from now on; what is sealed stays, to ask the provider whether it is dead. */
export async function retireAll(tx: Tx, keyId: string, now: Date): Promise<void> {
  await tx.$executeRaw`
    UPDATE key_version SET state = 'destroyed', sealed = NULL, destroyed_at = ${now} WHERE key_id = ${keyId} AND state = 'pending'`
  await tx.$executeRaw`
    UPDATE key_version SET state = 'retired', retired_at = ${now} WHERE key_id = ${keyId} AND state IN ('current', 'draining')`
}

/** The value in use, or of a revoked key the last one that was. */
export async function findNewestSealed(tx: Tx, keyId: string): Promise<SealedVersion | null> {
  const found = await tx.$queryRaw<{ id: string; number: number; sealed: Uint8Array }[]>`
    SELECT id, number, sealed FROM key_version
    WHERE key_id = ${keyId} AND state IN ('current', 'retired') AND sealed IS NOT NULL ORDER BY state = 'current' DESC, number DESC LIMIT 1`
  return found[0] ? { ...found[0], sealed: Buffer.from(found[0].sealed) } : null
}
