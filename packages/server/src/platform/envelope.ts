import { type CipherKey, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

export const keyBytes = 32
export const boxOverheadBytes = nonceBytes + tagBytes

/** A box is nonce, ciphertext, tag; it opens only with the same key and the same additional data. */
export function sealBox(key: CipherKey, plaintext: Buffer, additionalData: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(additionalData)
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

export function openBox(key: CipherKey, box: Buffer, additionalData: Buffer): Buffer {
  if (box.length < boxOverheadBytes) throw new Error('A box is cut short.')
  const decipher = createDecipheriv(algorithm, key, box.subarray(0, nonceBytes), { authTagLength: tagBytes })
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

/** Each part follows its length. UTF-16 keeps every two strings apart; UTF-8 would make all lone surrogates one. */
export function encodeParts(parts: readonly string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, 'utf16le')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}
