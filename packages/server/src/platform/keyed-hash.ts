import { hash } from 'node:crypto'

const blockBytes = 64
const digestBytes = 32

/**
 * HMAC-SHA-256 (RFC 2104) under a key of at most 64 bytes. Of two hashes in one step each: an Hmac and a KeyObject are native objects,
 * and collecting those of every request held all others up.
 */
export function keyedHash(key: Uint8Array, message: Uint8Array): Buffer {
  if (key.length > blockBytes) throw new RangeError('a key of a keyed hash has at most 64 bytes')
  const inner = Buffer.allocUnsafe(blockBytes + message.length)
  const outer = Buffer.allocUnsafe(blockBytes + digestBytes)
  try {
    for (let at = 0; at < blockBytes; at++) {
      const byte = key[at] ?? 0
      inner[at] = byte ^ 0x36
      outer[at] = byte ^ 0x5c
    }
    inner.set(message, blockBytes)
    outer.set(hash('sha256', inner, 'buffer'), blockBytes)
    return hash('sha256', outer, 'buffer')
  } finally {
    inner.fill(0)
    outer.fill(0)
  }
}
