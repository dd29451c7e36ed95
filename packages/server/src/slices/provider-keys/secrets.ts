import { checkKey, type KeyCheck } from '@keylease/shared/providers/key-check'
import type { Provider } from '@keylease/shared/providers/provider'
import { Secret } from '@keylease/shared/secret'
import type { Deps } from '../../deps'
import type { SealContext } from '../../platform/cipher'
import { AppError } from '../../platform/errors'
import type { Tx } from '../../platform/tenancy'
import { findSameSecret, lockFingerprint, type SameSecret, type SealedVersion } from './version-rows'

type Room = Pick<Deps, 'cipher' | 'keyring'>

const contextOf = (organizationId: string, { id, number }: Omit<SealedVersion, 'sealed'>): SealContext => ({
  organizationId,
  recordId: id,
  version: number,
  purpose: 'provider-key',
})

export function sealSecret(deps: Room, organizationId: string, version: Omit<SealedVersion, 'sealed'>, value: Secret): Promise<Buffer> {
  return deps.cipher.seal(contextOf(organizationId, version), Buffer.from(value.reveal()))
}

export async function openSecret(deps: Room, organizationId: string, version: SealedVersion): Promise<Secret> {
  return new Secret((await deps.cipher.open(contextOf(organizationId, version), version.sealed)).toString('utf8'))
}

const fingerprintText = (organizationId: string, value: Secret) => `${organizationId}\n${value.reveal()}`

/** Of one organization: the same secret of two tenants has two fingerprints. */
export function fingerprintOf(deps: Room, organizationId: string, value: Secret): { fingerprint: Buffer; fingerprintVersion: number } {
  const { hash, version } = deps.keyring.hash('fingerprint', fingerprintText(organizationId, value))
  return { fingerprint: hash, fingerprintVersion: version }
}

/** Refuses what cannot be a key; the sentence never holds it. */
export function readSecret(provider: Provider, text: string): { value: Secret } & Pick<KeyCheck, 'warnings'> {
  const { refusal, warnings } = checkKey(provider.key, provider.name, text)
  if (refusal === null) return { value: new Secret(text), warnings }
  const details = { fields: [{ field: 'key', problem: refusal }] }
  throw new AppError('invalid_request', { message: `The request is not valid: key ${refusal}.`, details })
}

/** The version that holds this secret, under whichever version of the fingerprint key; of two that ask at once, one waits for the other. */
export async function lockSameSecret(tx: Tx, { keyring }: Room, organizationId: string, value: Secret): Promise<SameSecret | null> {
  const fingerprints = keyring.hashes('fingerprint', fingerprintText(organizationId, value))
  // The oldest is the one that every replica knows, also while a newer key is on its way.
  for (const oldest of fingerprints.slice(-1)) await lockFingerprint(tx, organizationId, oldest)
  return findSameSecret(tx, fingerprints)
}

export async function refuseDuplicate(tx: Tx, deps: Room, organizationId: string, value: Secret): Promise<void> {
  const same = await lockSameSecret(tx, deps, organizationId, value)
  if (same) throw new AppError('duplicate_key', { details: { keyId: same.keyId, versionId: same.id } })
}
