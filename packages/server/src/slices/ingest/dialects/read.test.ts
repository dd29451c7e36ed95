import { expect, test } from 'vitest'
import { readCount, readNumber, readStatus, readText, readTexts, toMilliseconds } from './read'

test('a text that is kept holds no control character and no half of a pair, which a database refuses', () => {
  const own = { text: 'a\u0000b\u001bc\ud800', list: ['x\u0000y', '\u0000', 'z\udc00'] }
  expect(readText(own, 'text')).toBe('abc\ufffd')
  expect(readTexts(own, 'list')).toEqual(['xy', 'z\ufffd'])
  expect(readText({ text: '\u0000' }, 'text')).toBeNull()
})

test.each([
  [12, 12],
  ['12', 12],
  [12.0, 12],
  [-0, 0],
  [2 ** 40, 2 ** 40],
  [2 ** 40 + 1, null],
  ['9007199254740993', null],
  [-1, null],
  [1.5, null],
  [Number.NaN, null],
  ['', null],
  ['abc', null],
  [true, null],
])('%s is a count of %s', (value, count) => {
  expect(readCount({ value }, 'value')).toBe(count)
})

test('a number may have a fraction, but no end without bounds', () => {
  expect(readNumber({ value: '12.5' }, 'value')).toBe(12.5)
  expect(readNumber({ value: 'Infinity' }, 'value')).toBeNull()
})

test('a time or a status that no column of the ledger holds is not told', () => {
  expect([toMilliseconds(12.6), toMilliseconds(-1), toMilliseconds(2 ** 31), toMilliseconds(Number.NaN)]).toEqual([13, null, null, null])
  expect([readStatus({ value: '429' }, 'value'), readStatus({ value: 99_999 }, 'value')]).toEqual([429, null])
})
