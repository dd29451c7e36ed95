import {
  createCipheriv,
  createHmac,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'

/** What was sealed, for whoever has the private key. */
export interface SealedMessage {
  encapsulatedKey: Buffer
  ciphertext: Buffer
}

/** Not an X25519 public key, or one with which every shared secret is the same. */
export class UnusableKeyError extends Error {}

const version = Buffer.from('HPKE-v1')
const kemId = Buffer.from('KEM\x00\x20', 'latin1')
const suiteId = Buffer.from('HPKE\x00\x20\x00\x01\x00\x02', 'latin1')
const empty = Buffer.alloc(0)
/** HMAC fills a key up with zeros: these are no salt. */
const noSalt = Buffer.alloc(32)
const baseMode = Buffer.from([0])
const keyBytes = 32
const nonceBytes = 12
const publicKeyBytes = 32
/** What stands before the 32 bytes of an X25519 key in a SubjectPublicKeyInfo is twelve bytes, so their texts join. */
const pemHead = '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEA'
const pemEnd = '\n-----END PUBLIC KEY-----\n'

/** HPKE (RFC 9180) in base mode with X25519, HKDF-SHA256 and AES-256-GCM: one message to a recipient, each with a key of its own. */
export function createSealer(info: string): (recipient: string, aad: string, plaintext: Uint8Array) => SealedMessage {
  const infoHash = extract(suiteId, noSalt, 'info_hash', Buffer.from(info))
  const context = Buffer.concat([baseMode, extract(suiteId, noSalt, 'psk_id_hash', empty), infoHash])
  return (recipient, aad, plaintext) => {
    const { sharedSecret, encapsulatedKey } = encapsulate(recipient)
    const secret = extract(suiteId, sharedSecret, 'secret', empty)
    const key = expand(suiteId, secret, 'key', context, keyBytes)
    const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), expand(suiteId, secret, 'base_nonce', context, nonceBytes))
    cipher.setAAD(Buffer.from(aad))
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
    for (const spent of [sharedSecret, secret, key]) spent.fill(0)
    return { encapsulatedKey, ciphertext }
  }
}

/** To a raw public key in base64url, as a JWK holds it too. */
export function encapsulate(
  recipient: string,
  ephemeral = generateKeyPairSync('x25519'),
): { sharedSecret: Buffer; encapsulatedKey: Buffer } {
  const encapsulatedKey = Buffer.from(ephemeral.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const recipientKey = Buffer.from(recipient, 'base64url')
  const shared = deriveShared(ephemeral.privateKey, recipientKey)
  const pseudoRandom = extract(kemId, noSalt, 'eae_prk', shared)
  const keys = Buffer.concat([encapsulatedKey, recipientKey])
  const sharedSecret = expand(kemId, pseudoRandom, 'shared_secret', keys, keyBytes)
  for (const spent of [shared, pseudoRandom]) spent.fill(0)
  return { sharedSecret, encapsulatedKey }
}

/** OpenSSL refuses a shared secret of zeros, as RFC 9180 asks (7.1.4): a point of small order made it. */
function deriveShared(privateKey: KeyObject, recipientKey: Buffer): Buffer {
  if (recipientKey.length !== publicKeyBytes) throw new UnusableKeyError('a public key has 32 bytes')
  try {
    // As PEM: of all that Node reads, by far the cheapest.
    const publicKey = createPublicKey(`${pemHead}${recipientKey.toString('base64')}${pemEnd}`)
    return diffieHellman({ privateKey, publicKey })
  } catch (cause) {
    throw new UnusableKeyError('nothing can be sealed to this key', { cause })
  }
}

function extract(suite: Buffer, salt: Buffer, label: string, input: Buffer): Buffer {
  return createKeyedHash(salt).update(version).update(suite).update(label).update(input).digest()
}

/** One block of HKDF-Expand is as long as anything that is asked for here. */
function expand(suite: Buffer, pseudoRandom: Buffer, label: string, info: Buffer, length: number): Buffer {
  const block = createKeyedHash(pseudoRandom)
    .update(Buffer.from([0, length]))
    .update(version)
    .update(suite)
  return block.update(label).update(info).update('\x01').digest().subarray(0, length)
}

/** Node takes bytes as well, and five times as long to see that they are no key object. */
const createKeyedHash = (key: Buffer) => createHmac('sha256', createSecretKey(key))
