import { checkKey, type KeyCheck } from '@keylease/shared/providers/key-check'
import type { Provider } from '@keylease/shared/providers/provider'
import { Secret } from '@keylease/shared/secret'
import type { Deps } from '../../deps'
import type { SealContext } from '../../platform/cipher'
import { AppError } from '../../platform/errors'
import type { Tx } from '../../platform/tenancy'
import { findSameSecret, lockFingerprint, type SealedVersion } from './version-rows'

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

/** Of one organization: the same secret of two tenants has two fingerprints. */
export function fingerprintOf(deps: Room, organizationId: string, value: Secret): { fingerprint: Buffer; fingerprintVersion: number } {
  const { hash, version } = deps.keyring.hash('fingerprint', `${organizationId}\n${value.reveal()}`)
  return { fingerprint: hash, fingerprintVersion: version }
}

/** Refuses what cannot be a key; the sentence never holds it. */
export function readSecret(provider: Provider, text: string): { value: Secret } & Pick<KeyCheck, 'warnings'> {
  const { refusal, warnings } = checkKey(provider.key, provider.name, text)
  if (refusal === null) return { value: new Secret(text), warnings }
  const details = { fields: [{ field: 'key', problem: refusal }] }
  throw new AppError('invalid_request', { message: `The request is not valid: key ${refusal}.`, details })
}

/** Locks the fingerprint, so of two that store the same secret at once one is refused. */
export async function refuseDuplicate(tx: Tx, organizationId: string, fingerprint: Buffer): Promise<void> {
  await lockFingerprint(tx, organizationId, fingerprint)
  const same = await findSameSecret(tx, fingerprint)
  if (same) throw new AppError('duplicate_key', { details: { keyId: same.keyId, versionId: same.id } })
}
