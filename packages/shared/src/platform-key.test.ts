import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPlatformKeyToken, isWellFormed, showPrefix } from './platform-key'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const seeds = fc.array(fc.nat(255), { minLength: 64, maxLength: 256 })

/** Bytes of the seed in turn, then of a counter, so that drawing always ends. */
function fillFrom(seed: number[]) {
  let next = 0
  return (bytes: Uint8Array<ArrayBuffer>) =>
    bytes.forEach((_, index) => {
      bytes[index] = seed[next] ?? next % 248
      next++
    })
}

test('a key of any randomness is well formed: 78 characters with the checksum that zlib computes', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const token = createPlatformKeyToken(fillFrom(seed)).reveal()
      expect(token).toMatch(/^kl_live_[0-9A-Za-z]{70}$/)
      expect(isWellFormed(token)).toBe(true)
      const checksum = [...token.slice(-6)].reduce((sum, character) => sum * 62 + alphabet.indexOf(character), 0)
      expect(checksum).toBe(crc32(token.slice(0, -6)))
    }),
  )
})

test('one changed character, anywhere, is found out', () => {
  fc.assert(
    fc.property(seeds, fc.nat(77), fc.constantFrom(...alphabet, '_', '-', ' ', 'é'), (seed, at, character) => {
      const token = createPlatformKeyToken(fillFrom(seed)).reveal()
      fc.pre(token[at] !== character)
      expect(isWellFormed(token.slice(0, at) + character + token.slice(at + 1))).toBe(false)
    }),
  )
})

test('a key that was cut, that grew, or whose neighbours changed places is none', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 8, max: 76 }), (seed, at) => {
      const token = createPlatformKeyToken(fillFrom(seed)).reveal()
      const swapped = token.slice(0, at) + token.charAt(at + 1) + token.charAt(at) + token.slice(at + 2)
      for (const wrong of [token.slice(0, at), token + token.charAt(at), ` ${token}`, `${token}\n`, token.toLowerCase() + token]) {
        expect(isWellFormed(wrong)).toBe(false)
      }
      expect(isWellFormed(swapped)).toBe(swapped === token)
    }),
  )
})

test('other text never passes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `kl_live_${text}`),
      ),
      (text) => !isWellFormed(text),
    ),
  )
})

test('keys do not repeat, and every character is drawn equally often', () => {
  const tokens = Array.from({ length: 4_000 }, () => createPlatformKeyToken().reveal())
  expect(new Set(tokens).size).toBe(tokens.length)
  const counts = new Map<string, number>()
  for (const character of tokens.map((token) => token.slice(8, -6)).join('')) counts.set(character, (counts.get(character) ?? 0) + 1)
  expect(counts.size).toBe(62)
  const expected = (tokens.length * 64) / 62
  for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(expected * 0.12)
})

test('a key prints as nothing, and its shown prefix holds six of its 64 random characters', () => {
  const token = createPlatformKeyToken()
  expect(`${token} ${JSON.stringify({ token })}`).not.toContain('kl_live_')
  expect(showPrefix(token)).toMatch(/^kl_live_[0-9A-Za-z]{6}$/)
  expect(token.reveal().startsWith(showPrefix(token))).toBe(true)
})
