import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toBytes, toText } from './bytes'
import { fillMember } from './fill-member'

function fill(body: string, ...path: string[]): string | null {
  const filled = fillMember(toBytes(body), path, 64)
  return filled && toText(filled)
}

test.each([
  ['absent', '{"model":"m", "n" : 1.0}', '{"cap":64,"model":"m", "n" : 1.0}'],
  ['absent from an empty object', ' { } ', ' {"cap":64 } '],
  ['null', '{"cap": null ,"b":2}', '{"cap": 64 ,"b":2}'],
  ['deeper only', '{"a":{"cap":1}}', '{"cap":64,"a":{"cap":1}}'],
])('a member is filled in where it was %s', (_, body, expected) => {
  expect(fill(body, 'cap')).toBe(expected)
})

test.each([
  ['absent', '{"model":"m"}', '{"config":{"cap":64},"model":"m"}'],
  ['null', '{"config":null}', '{"config":{"cap":64}}'],
  ['without it', '{"config":{"top":1}}', '{"config":{"cap":64,"top":1}}'],
])('a member of a member is filled in where that was %s', (_, body, expected) => {
  expect(fill(body, 'config', 'cap')).toBe(expected)
})

test.each(['{"cap":1}', '{"cap":0}', '{"cap":-1}', '{"cap":"x"}', '{"cap":{}}', '[1]', '', '{', '{"a":1 "b":2}'])(
  'what says something there, or is no object, stays as it is: %s',
  (body) => {
    expect([fill(body, 'cap'), fill(`{"config":${body || '7'}}`, 'config', 'cap')]).toEqual([null, null])
  },
)

test('nothing but the member changes, whatever else the body holds', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (members) => {
      const { cap: _, ...others } = members
      expect(JSON.parse(fill(JSON.stringify(others), 'cap') ?? '')).toEqual(JSON.parse(JSON.stringify({ ...others, cap: 64 })))
    }),
  )
})
