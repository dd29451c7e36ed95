import { Secret } from './secret'

/**
 * `kl_live_`, 64 characters of base62 drawn at random, and 6 of checksum: the CRC-32 (IEEE) of everything before it, in base62
 * with leading zeros. A scanner can tell a real key from a look-alike without asking anyone.
 */
export const platformKeyPrefix = 'kl_live_'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const randomCharacters = 64
const checksumCharacters = 6
const shownCharacters = 6
const pattern = new RegExp(`^${platformKeyPrefix}[0-9A-Za-z]{${randomCharacters + checksumCharacters}}$`)

type FillRandom = (bytes: Uint8Array<ArrayBuffer>) => void

export function createPlatformKeyToken(fill: FillRandom = (bytes) => void crypto.getRandomValues(bytes)): Secret {
  const body = platformKeyPrefix + drawCharacters(fill)
  return new Secret(body + checksumOf(body))
}

/** Whether the text has the shape and the checksum of a key that could exist. */
export function isWellFormed(token: string): boolean {
  return pattern.test(token) && checksumOf(token.slice(0, -checksumCharacters)) === token.slice(-checksumCharacters)
}

/** What lists show, so that a person can tell keys apart: too little to guess the rest from. */
export function showPrefix(token: Secret): string {
  return token.reveal().slice(0, platformKeyPrefix.length + shownCharacters)
}

/** Bytes past the largest multiple of 62 are drawn again, so every character is equally likely. */
function drawCharacters(fill: FillRandom): string {
  const fair = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < randomCharacters) {
    const bytes = new Uint8Array(randomCharacters)
    fill(bytes)
    for (const byte of bytes) if (byte < fair && text.length < randomCharacters) text += alphabet.charAt(byte % alphabet.length)
  }
  return text
}

function checksumOf(text: string): string {
  let crc = 0xffffffff
  for (let index = 0; index < text.length; index++) {
    crc ^= text.charCodeAt(index)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  let rest = (crc ^ 0xffffffff) >>> 0
  let checksum = ''
  for (let i = 0; i < checksumCharacters; i++) {
    checksum = alphabet.charAt(rest % alphabet.length) + checksum
    rest = Math.floor(rest / alphabet.length)
  }
  return checksum
}
