import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeParts, keyBytes, openBox, sealBox } from './envelope'

const parts = fc.array(fc.string({ unit: 'binary', maxLength: 6 }), { maxLength: 4 })
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))

test('two different lists of parts never encode alike', () => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      expect(encodeParts(one).equals(encodeParts(other))).toBe(JSON.stringify(one) === JSON.stringify(other))
    }),
    {
      examples: [
        [
          ['a', 'bc'],
          ['ab', 'c'],
        ],
        [['a', ''], ['a']],
        [['\ud800'], ['\udfff']],
        [['\ufffd'], ['\ud800']],
      ],
    },
  )
})

test('a box opens to what was sealed, under its key and additional data alone', () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, (plaintext, data, otherData) => {
      const key = randomBytes(keyBytes)
      const box = sealBox(key, plaintext, data)
      expect(openBox(key, box, data)).toEqual(plaintext)
      expect(() => openBox(randomBytes(keyBytes), box, data)).toThrow()
      if (!data.equals(otherData)) expect(() => openBox(key, box, otherData)).toThrow()
    }),
  )
})
