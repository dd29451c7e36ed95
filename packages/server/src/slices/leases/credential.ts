import type { SealedCredential } from '@keylease/shared/contracts/lease-bodies'
import { AppError } from '../../platform/errors'
import { createSealer, UnusableKeyError } from '../../platform/hpke'

const seal = createSealer('keylease lease v1')

/** For the holder of the private key alone, and for this lease alone. */
export function sealCredential(leaseId: string, publicKey: string, credential: Uint8Array): SealedCredential {
  try {
    const { encapsulatedKey, ciphertext } = seal(publicKey, leaseId, credential)
    return {
      suite: 'DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM',
      encapsulatedKey: encapsulatedKey.toString('base64url'),
      ciphertext: ciphertext.toString('base64url'),
    }
  } catch (cause) {
    if (cause instanceof UnusableKeyError) throw refuseKey(cause)
    throw cause
  }
}

function refuseKey(cause: unknown): AppError {
  const problem = 'must be an X25519 public key: nothing can be sealed to this one'
  const details = { fields: [{ field: 'publicKey', problem }] }
  return new AppError('invalid_request', { cause, message: `The request is not valid: publicKey ${problem}.`, details })
}
