import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type IdKind, type IdSource, idPattern, idPrefixes, isId, newId } from './ids'

const kinds = fc.constantFrom(...(Object.keys(idPrefixes) as IdKind[]))
/** Up to the year 10889: ten characters of five bits, the first below eight. */
const times = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const sourceOf = (now: number, byte: number): IdSource => ({ now: () => now, fill: (bytes) => void bytes.fill(byte) })

test('an id of any time and any randomness matches the pattern of its kind and of no other', () => {
  fc.assert(
    fc.property(kinds, kinds, times, fc.nat(255), (kind, other, now, byte) => {
      const id = newId(kind, sourceOf(now, byte))
      expect(id).toMatch(idPattern(kind))
      expect(id).toHaveLength(idPrefixes[kind].length + 27)
      expect(isId(other, id)).toBe(kind === other)
    }),
  )
})

test('a later id sorts after an earlier one as plain text, whatever their randomness', () => {
  fc.assert(
    fc.property(kinds, times, times, fc.nat(255), fc.nat(255), (kind, one, other, byte, otherByte) => {
      fc.pre(one !== other)
      expect(newId(kind, sourceOf(one, byte)) < newId(kind, sourceOf(other, otherByte))).toBe(one < other)
    }),
  )
})

test('ids of one millisecond are all different', () => {
  const now = Date.now()
  const source: IdSource = { now: () => now, fill: (bytes) => void crypto.getRandomValues(bytes) }
  expect(new Set(Array.from({ length: 20_000 }, () => newId('request', source))).size).toBe(20_000)
})

test('every random character takes every value equally often', () => {
  const counts = new Map<string, number>()
  const characters = Array.from({ length: 4_000 }, () => newId('request').slice(-16)).join('')
  for (const character of characters) counts.set(character, (counts.get(character) ?? 0) + 1)
  expect(counts.size).toBe(32)
  for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(400)
})

test('an id that was cut, grew, or holds a foreign character is none', () => {
  fc.assert(
    fc.property(kinds, fc.nat(29), fc.constantFrom('', 'i', 'l', 'o', 'u', 'A', ' ', '\n', '\u0000', '-', '/'), (kind, at, character) => {
      const id = newId(kind)
      const position = Math.min(at, id.length - 1)
      const prefix = `${idPrefixes[kind]}_`
      fc.pre(position >= prefix.length)
      expect(isId(kind, id.slice(0, position) + character + id.slice(position + 1))).toBe(false)
      expect(isId(kind, `${id}${character || '0'}`)).toBe(false)
    }),
  )
})
