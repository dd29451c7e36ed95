import { createCipheriv, encapsulate as encapsulateKey } from 'node:crypto'
import { keyedHash } from './keyed-hash'

/** What was sealed, for whoever has the private key. */
export interface SealedMessage {
  encapsulatedKey: Buffer
  ciphertext: Buffer
}

/** Not an X25519 public key, or one with which every shared secret is the same. */
export class UnusableKeyError extends Error {}

const version = Buffer.from('HPKE-v1')
const suiteId = Buffer.from('HPKE\x00\x20\x00\x01\x00\x02', 'latin1')
const empty = Buffer.alloc(0)
const baseMode = Buffer.from([0])
const lastByte = Buffer.from([1])
const keyBytes = 32
/**
 * The key of the one message, as Node takes it at once: of bytes it finds out that they are no KeyObject by two errors, and a KeyObject is
 * collected at everybody's cost. Text cannot be wiped as the rest of what is spent here; this one opens one message, made just now.
 */
const asText = { encoding: 'latin1' } as const
const nonceBytes = 12
const publicKeyBytes = 32
/** What stands before the 32 bytes of an X25519 key in a SubjectPublicKeyInfo is twelve bytes, so their texts join. */
const pemHead = '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEA'
const pemEnd = '\n-----END PUBLIC KEY-----\n'

/** HPKE (RFC 9180) in base mode with X25519, HKDF-SHA256 and AES-256-GCM: one message to a recipient, each with a key of its own. */
export function createSealer(info: string): (recipient: string, aad: string, plaintext: Uint8Array) => SealedMessage {
  const context = Buffer.concat([baseMode, extract(empty, 'psk_id_hash', empty), extract(empty, 'info_hash', Buffer.from(info))])
  const ofSecret = toInput('secret', empty)
  const ofKey = toInfo('key', context, keyBytes)
  const ofNonce = toInfo('base_nonce', context, nonceBytes)
  return (recipient, aad, plaintext) => {
    const { sharedSecret, encapsulatedKey } = encapsulate(recipient)
    const secret = keyedHash(sharedSecret, ofSecret)
    const key = keyedHash(secret, ofKey)
    const nonce = keyedHash(secret, ofNonce)
    try {
      const cipher = createCipheriv('aes-256-gcm', key.toString('latin1'), nonce.subarray(0, nonceBytes), asText)
      cipher.setAAD(Buffer.from(aad))
      return { encapsulatedKey, ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]) }
    } finally {
      for (const spent of [sharedSecret, secret, key, nonce]) spent.fill(0)
    }
  }
}

/** To a raw public key in base64url, as a JWK holds it too: the DHKEM of RFC 9180 in one native step. */
export function encapsulate(recipient: string): { sharedSecret: Buffer; encapsulatedKey: Buffer } {
  const bytes = Buffer.from(recipient, 'base64url')
  if (bytes.length !== publicKeyBytes) throw new UnusableKeyError('a public key has 32 bytes')
  try {
    // OpenSSL refuses a shared secret of zeros, as RFC 9180 asks (7.1.4): a point of small order made it.
    const { sharedKey, ciphertext } = encapsulateKey(toPem(bytes))
    return { sharedSecret: sharedKey, encapsulatedKey: ciphertext }
  } catch (cause) {
    throw new UnusableKeyError('nothing can be sealed to this key', { cause })
  }
}

/** As PEM: of all that Node reads, by far the cheapest. */
const toPem = (bytes: Buffer): string => `${pemHead}${bytes.toString('base64')}${pemEnd}`

const extract = (salt: Buffer, label: string, input: Buffer): Buffer => keyedHash(salt, toInput(label, input))

const toInput = (label: string, input: Buffer): Buffer => Buffer.concat([version, suiteId, Buffer.from(label), input])

/** One block of HKDF-Expand is as long as anything that is asked for here. */
const toInfo = (label: string, info: Buffer, length: number): Buffer =>
  Buffer.concat([Buffer.from([0, length]), version, suiteId, Buffer.from(label), info, lastByte])
