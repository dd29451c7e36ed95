import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testSize } from '../../test/size'
import { keyedHash } from './keyed-hash'

test('a keyed hash is the HMAC-SHA-256 of Node, for every key of up to 64 bytes and every message', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 300 }), (key, message) => {
    expect(keyedHash(key, message)).toEqual(createHmac('sha256', key).update(message).digest())
  })
  fc.assert(property, { numRuns: testSize(200, 10_000) })
})

test('a key that HMAC would have to hash first is refused', () => {
  expect(() => keyedHash(new Uint8Array(65), new Uint8Array())).toThrow(RangeError)
})
