import type { OpenedCredential, SealedCredential } from '@keylease/shared/contracts/lease-bodies'
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke'

const info = new TextEncoder().encode('keylease lease v1')
const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)

/** A key of one request: whoever sees the answer of the service without it sees nothing. */
export interface Recipient {
  publicKey: string
  open(credential: SealedCredential, leaseId: string): Promise<OpenedCredential>
}

export async function createRecipient(): Promise<Recipient> {
  // The pair, not its private half: getting the public key out of that is experimental in Node, which says so on stderr.
  const pair = await suite.GenerateKeyPair()
  return {
    publicKey: encode(await suite.SerializePublicKey(pair.publicKey)),
    async open({ encapsulatedKey, ciphertext }, leaseId) {
      const aad = new TextEncoder().encode(leaseId)
      const opened = await suite.Open(pair, decode(encapsulatedKey), decode(ciphertext), { info, aad })
      return JSON.parse(new TextDecoder().decode(opened)) as OpenedCredential // sealed by the service to this very key
    },
  }
}

const encode = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

const decode = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
