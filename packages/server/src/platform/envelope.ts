import { type CipherKey, createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

export const keyBytes = 32
export const boxOverheadBytes = nonceBytes + tagBytes

/** A box is nonce, ciphertext, tag; it opens only with the same key and the same additional data. */
export function sealBox(key: CipherKey, plaintext: Buffer, additionalData: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, toKeyObject(key), nonce, { authTagLength: tagBytes }).setAAD(additionalData)
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

export function openBox(key: CipherKey, box: Buffer, additionalData: Buffer): Buffer {
  if (box.length < boxOverheadBytes) throw new Error('A box is cut short.')
  const decipher = createDecipheriv(algorithm, toKeyObject(key), box.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(additionalData).setAuthTag(box.subarray(-tagBytes))
  const plaintext = decipher.update(box.subarray(nonceBytes, -tagBytes))
  try {
    decipher.final()
    return plaintext
  } catch (cause) {
    plaintext.fill(0)
    throw new Error('A box does not open with this key and this context.', { cause })
  }
}

/** Node takes bytes as well, and several times as long to see that they are no key object. */
const toKeyObject = (key: CipherKey): CipherKey => (key instanceof Uint8Array ? createSecretKey(key) : key)

/** Each part follows its length. UTF-16 keeps every two strings apart; UTF-8 would make all lone surrogates one. */
export function encodeParts(parts: readonly string[]): Buffer {
  const bytes = Buffer.alloc(parts.reduce((sum, part) => sum + 4 + 2 * part.length, 0))
  let at = 0
  for (const part of parts) {
    at = bytes.writeUInt32BE(2 * part.length, at)
    at += bytes.write(part, at, 'utf16le')
  }
  return bytes
}
