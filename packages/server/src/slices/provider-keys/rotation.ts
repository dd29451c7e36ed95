import type { KeyRotation, RotateProviderKey } from '@keylease/shared/contracts/provider-key-bodies'
import { newId } from '@keylease/shared/ids'
import { toKeyPreview } from '@keylease/shared/providers/key-check'
import type { Provider } from '@keylease/shared/providers/provider'
import type { KeyTarget } from '@keylease/shared/providers/request'
import type { Secret } from '@keylease/shared/secret'
import type { Deps } from '../../deps'
import { prepareAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { inTenant, type Tx } from '../../platform/tenancy'
import { announceChange, announceKey } from './announce'
import { toKeyVersion, toProviderKey } from './mapping'
import { type Probed, probeKey } from './probing'
import { findVersionRow, updateKeyRow } from './queries'
import { announceFailure, forgetHealth, recordProbe } from './recording'
import { fingerprintOf, lockSameSecret, readSecret, sealSecret } from './secrets'
import { toTarget } from './sending'
import { lockManagedKey, refuseRevoked, requireProvider } from './sight'
import { toVerification } from './verification'
import { destroyPending, findPending, insertVersion, nextVersionNumber, switchCurrent } from './version-rows'

interface Candidate {
  keyId: string
  versionId: string
  provider: Provider
  target: KeyTarget
  value: Secret
  warnings: string[]
}

type Asked = RotateProviderKey & { askedAt: Date }

/** Longer than any probe: a pending value of that age belongs to a rotation that died. */
export const pendingMs = 60_000

/**
 * Three steps that each leave one working value: the new one is stored as pending, the provider is asked outside any transaction,
 * and one transaction puts it in place. A rotation that died in between goes on when it is asked again, or is cleared away.
 */
export async function rotateProviderKey(deps: Deps, actor: Actor, keyId: string, input: RotateProviderKey): Promise<KeyRotation> {
  const askedAt = deps.clock.now()
  const candidate = await prepareAs(deps, actor, (tx) => storeCandidate(tx, deps, actor, keyId, { ...input, askedAt }))
  const probed = await probeKey(deps, candidate, { organizationId: actor.organizationId })
  const refusal = refusalOf(candidate, probed, input.force)
  if (refusal) {
    await discardCandidate(deps, actor, candidate, probed)
    throw refusal
  }
  return writeAs(deps, actor, (tx) => takeCandidate(tx, deps, actor, candidate, { probed, drainSeconds: input.drainSeconds }))
}

async function storeCandidate(tx: Tx, deps: Deps, actor: Actor, keyId: string, input: Asked): Promise<Candidate> {
  const row = await lockManagedKey(deps, tx, actor, keyId)
  refuseRevoked(row)
  // Of rotations that were asked for at once, one that waited for another's lock is refused like one that met it.
  if (row.rotatedAt && row.rotatedAt >= input.askedAt) throw new AppError('rotation_in_progress')
  const provider = await requireProvider(tx, row.provider)
  const { value, warnings } = readSecret(provider, input.key)
  const versionId = await insertCandidate(tx, deps, actor, { keyId, provider, value })
  return { keyId, versionId, provider, target: toTarget(row), value, warnings }
}

/** The same value again joins the rotation that waits for it; another value waits until that one ended or died. */
async function insertCandidate(
  tx: Tx,
  deps: Deps,
  actor: Actor,
  { keyId, provider, value }: Pick<Candidate, 'keyId' | 'provider' | 'value'>,
): Promise<string> {
  const { organizationId, id: createdBy } = actor
  const now = deps.clock.now()
  const print = fingerprintOf(deps, organizationId, value)
  const same = await lockSameSecret(tx, deps, organizationId, value)
  if (same?.keyId === keyId && same.state === 'pending') return same.id
  if (same) throw new AppError('duplicate_key', { details: { keyId: same.keyId, versionId: same.id } })
  const pending = await findPending(tx, keyId)
  if (pending && now.getTime() - pending.createdAt.getTime() < pendingMs) throw new AppError('rotation_in_progress')
  if (pending) await destroyPending(tx, pending.id, now)
  const version = { id: newId('keyVersion'), number: await nextVersionNumber(tx, keyId) }
  const sealed = await sealSecret(deps, organizationId, version, value)
  const preview = toKeyPreview(provider.key, value.reveal())
  await insertVersion(tx, { organizationId, ...version, keyId, state: 'pending', sealed, preview, ...print, createdBy, now })
  return version.id
}

/** A refused value is never taken; without a verdict only `force` takes it, unless there is nothing to ask. */
function refusalOf({ provider }: Candidate, { result }: Probed, force: boolean): AppError | null {
  const details = toVerification(provider, result)
  if (result.valid === false) return new AppError('key_rejected', { details })
  if (result.valid === true || result.reason === 'no_probe' || force) return null
  return new AppError('key_unproven', { details })
}

async function discardCandidate(deps: Deps, actor: Actor, { keyId, versionId }: Candidate, probed: Probed): Promise<void> {
  await inTenant(deps.db, actor.organizationId, async (tx) => {
    await recordProbe(tx, deps, actor, { keyId, versionId, isCurrent: false }, probed)
    await announceFailure(tx, actor.organizationId, keyId, probed.result.verdict)
    await destroyPending(tx, versionId, deps.clock.now())
  })
}

async function takeCandidate(
  tx: Tx,
  deps: Deps,
  actor: Actor,
  { keyId, versionId, provider, warnings }: Candidate,
  { probed, drainSeconds }: { probed: Probed; drainSeconds: number },
): Promise<KeyRotation> {
  refuseRevoked(await lockManagedKey(deps, tx, actor, keyId))
  const now = deps.clock.now()
  const drainUntil = new Date(now.getTime() + drainSeconds * 1_000)
  const switched = await switchCurrent(tx, { id: keyId, pendingId: versionId }, { now, drainUntil })
  if (!switched) throw new AppError('rotation_in_progress')
  await recordProbe(tx, deps, actor, { keyId, versionId, isCurrent: true }, probed)
  if (probed.result.valid === null) await forgetHealth(tx, actor.organizationId, keyId)
  const key = toProviderKey(await updateKeyRow(tx, actor.organizationId, keyId, { rotatedAt: now, updatedAt: now }))
  const [oldKey, newKey] = [await readVersion(tx, switched.oldId), await readVersion(tx, versionId)]
  await announceChange(tx, actor, keyId, { rotated: true, drainUntil: drainUntil.toISOString() })
  await announceKey(tx, actor, 'key.rotated', key)
  const fact = { action: 'provider-key.rotated', resource: { kind: 'provider-key', id: keyId }, before: oldKey, after: newKey }
  await recordAudit(tx, deps.clock, actor, fact)
  return { id: keyId, oldKey, newKey, expiresAt: drainUntil.toISOString(), verification: toVerification(provider, probed.result), warnings }
}

async function readVersion(tx: Tx, id: string) {
  const row = await findVersionRow(tx, id)
  if (!row) throw new Error('a version that was just changed is not there')
  return toKeyVersion(row)
}
