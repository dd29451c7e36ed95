import type { IssuedLease, OpenedCredential } from '@keylease/shared/contracts/lease-bodies'
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke'

const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)
const text = new TextEncoder()

/** Who a credential is sealed to: what an SDK does with it. */
export async function createReceiver() {
  const pair = await suite.GenerateKeyPair(false)
  const publicKey = Buffer.from(await suite.SerializePublicKey(pair.publicKey)).toString('base64url')
  const open = async ({ id, credential }: IssuedLease, leaseId = id): Promise<OpenedCredential> => {
    const [enc, sealed] = [credential?.encapsulatedKey, credential?.ciphertext].map((part) => Buffer.from(part ?? '', 'base64url'))
    const options = { info: text.encode('keylease lease v1'), aad: text.encode(leaseId) }
    const plaintext = await suite.Open(pair, enc ?? Buffer.alloc(0), sealed ?? Buffer.alloc(0), options)
    return JSON.parse(new TextDecoder().decode(plaintext)) as OpenedCredential
  }
  return { publicKey, open }
}

export const newPublicKey = async () => (await createReceiver()).publicKey
