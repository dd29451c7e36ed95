import type { OpenedCredential, SealedCredential } from '@keylease/shared/contracts/lease-bodies'
import type { ProviderAuth } from '@keylease/shared/providers/provider'
import type { Secret } from '@keylease/shared/secret'
import { AEAD_AES_256_GCM, CipherSuite, DeserializeError, EncapError, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke'
import { AppError } from '../../platform/errors'

const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)
const text = new TextEncoder()
const info = text.encode('keylease lease v1')

export interface CredentialParts {
  key: Secret
  auth: ProviderAuth
  headers: Readonly<Record<string, string>>
}

/** For the holder of the private key alone, and for this lease alone. */
export async function sealCredential(
  leaseId: string,
  publicKey: string,
  { key, auth, headers }: CredentialParts,
): Promise<SealedCredential> {
  const opened: OpenedCredential = { key: key.reveal(), auth, headers }
  const plaintext = text.encode(JSON.stringify(opened))
  try {
    const recipient = await suite.DeserializePublicKey(Buffer.from(publicKey, 'base64url'))
    const { encapsulatedSecret, ciphertext } = await suite.Seal(recipient, plaintext, { info, aad: text.encode(leaseId) })
    return {
      suite: 'DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM',
      encapsulatedKey: Buffer.from(encapsulatedSecret).toString('base64url'),
      ciphertext: Buffer.from(ciphertext).toString('base64url'),
    }
  } catch (cause) {
    if (cause instanceof DeserializeError || cause instanceof EncapError) throw refuseKey(cause)
    throw cause
  } finally {
    plaintext.fill(0)
  }
}

function refuseKey(cause: unknown): AppError {
  const problem = 'must be an X25519 public key: nothing can be sealed to this one'
  const details = { fields: [{ field: 'publicKey', problem }] }
  return new AppError('invalid_request', { cause, message: `The request is not valid: publicKey ${problem}.`, details })
}
