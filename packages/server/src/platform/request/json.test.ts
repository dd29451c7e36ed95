import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../errors'
import { parseStrictJson } from './json'

function refusal(text: string): AppError {
  try {
    parseStrictJson(text)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('was accepted')
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('what JSON.parse would change or drop is refused with its place', () => {
  test.each([
    ['The key "name" appears twice in one object (line 1, column 13).', '{"name":"a","name":"b"}'],
    ['The key "a" appears twice in one object (line 1, column 8).', '{"a":1,"\\u0061":2}'],
    ['The key "y" appears twice in one object (line 2, column 18).', '[\n  {"x": {"y": 1, "y": 1}}]'],
    ['The key "a" appears twice in one object (line 1, column 20).', '{"a":1,"b":{"c":2},"a":3}'],
    ['The body is not well-formed JSON (line 2, column 1).', '{}\n// note'],
    ['The key "__proto__" is not allowed (line 1, column 2).', '{"__proto__":{"admin":true}}'],
    ['The key "__proto__" is not allowed (line 1, column 2).', '{"\\u005f_proto__":1}'],
    ['A key holds a NUL character (line 1, column 2).', '{"a\\u0000b":1}'],
    ['A string holds a NUL character (line 1, column 6).', '{"a":"\\u0000"}'],
    ['A string holds half of a surrogate pair (line 1, column 6).', '{"a":"\\ud800"}'],
    ['A string holds half of a surrogate pair (line 1, column 2).', '["\\udc00\\ud800"]'],
    ['A key holds half of a surrogate pair (line 1, column 2).', '{"\\udfff":1}'],
    ['A number is too large (line 1, column 2).', '[1e999]'],
    ['A number is too large (line 1, column 2).', '[-1e999]'],
    ['An integer is beyond 2^53 and would lose digits; send it as a string (line 1, column 2).', '[9007199254740993]'],
    ['An integer is beyond 2^53 and would lose digits; send it as a string (line 1, column 1).', '-9007199254740992'],
    ['The body is nested deeper than 32 levels (line 1, column 33).', nested(33)],
    ['The body holds more than 20000 values (line 1, column 40000).', `[${'1,'.repeat(19_999)}1]`],
  ])('%s', (message, text) => {
    expect(refusal(text)).toMatchObject({ code: 'invalid_json', message })
  })
})

describe('what is not JSON is refused without repeating any of it', () => {
  test.each([
    '',
    ' ',
    '{',
    '[1,]',
    '{"canary":1,}',
    "{'canary':1}",
    '{canary:1}',
    '{"canary"}',
    '{"canary" 1}',
    '// canary\n{}',
    '{}/* canary */',
    '# canary',
    '[01]',
    '[+1]',
    '[.5]',
    '[1.]',
    '[1e]',
    '[0x10]',
    '[NaN]',
    '[Infinity]',
    '[-]',
    '[canary]',
    '[undefined]',
    '"canary',
    '"canary\\x41"',
    '"canary\\u12"',
    '"canary\n"',
    '"canary\t"',
    '{} {}',
    '1 2',
    '\ufeff{}',
    '\u00a0{}',
    '[1\u000b]',
    '\u2028[]',
    '[tru]',
    '[truee]',
    ']',
  ])('%j', (text) => {
    const { code, message } = refusal(text)
    expect(code).toBe('invalid_json')
    expect(message).toMatch(/^The body is .+\.$/)
    expect(message).not.toContain('canary')
  })
})

test('a hundred thousand open brackets do not exhaust the stack', () => {
  for (const text of ['['.repeat(100_000), '{"a":'.repeat(100_000)]) expect(refusal(text).message).toContain('nested deeper')
})

test('a key that could be a secret in the wrong place, or break a line, is not repeated', () => {
  for (const key of ['k'.repeat(33), 'sk-live-0123456789', 'a\\nb', 'x y']) {
    expect(refusal(`{"${key}":1,"${key}":1}`).message).toMatch(/^A key appears twice in one object/)
  }
})

test('the same key in sibling objects, and exactly 32 levels and 20,000 values, are fine', () => {
  expect(parseStrictJson('[{"a":1},{"a":{"a":2}}]')).toEqual([{ a: 1 }, { a: { a: 2 } }])
  expect(parseStrictJson('{"a":{"b":1},"b":2}')).toEqual({ a: { b: 1 }, b: 2 })
  expect(parseStrictJson(nested(32))).toBeInstanceOf(Array)
  expect(parseStrictJson(`[${'1,'.repeat(19_998)}1]`)).toHaveLength(19_999)
  expect(parseStrictJson('[9007199254740991,-9007199254740991,1e20,-0,"\\ud83d\\ude00"]')).toEqual([
    9007199254740991,
    -9007199254740991,
    1e20,
    -0,
    '😀',
  ])
})

test('a megabyte of any shape is decided without quadratic work', () => {
  const size = 1_000_000
  for (const text of [`"${'a'.repeat(size)}"`, `"${'\\n'.repeat(size / 2)}"`, `[${' '.repeat(size)}]`, `[${'\n'.repeat(size)}]`]) {
    expect(() => parseStrictJson(text)).not.toThrow()
  }
  expect(refusal(`[${'1'.repeat(size)}]`).code).toBe('invalid_json')
  expect(refusal(`{"a":1,${Array.from({ length: 15_000 }, (_, i) => `"${i}":1,`).join('')}"a":1}`).message).toContain('"a"')
}, 20_000)

const hasDefect = (value: unknown): boolean => {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed()
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, item]) => key === '__proto__' || hasDefect(key) || hasDefect(item))
}

test('it agrees with JSON.parse on every document without a defect', () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }).filter((value) => !hasDefect(value)),
      fc.constantFrom(undefined, 2, '\t'),
      (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        expect(parseStrictJson(text)).toEqual(JSON.parse(text))
      },
    ),
  )
})

test('whatever is accepted means the same to JSON.parse, and whatever it refuses is refused', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '"b"',
    '\\',
    'null',
    'true',
    '-',
    '0',
    '1',
    '.',
    'e',
    ' ',
    '\n',
    '/',
    '*',
    '\u000b',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
      const text = parts.join('')
      let ours: unknown = AppError
      try {
        ours = parseStrictJson(text)
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
      }
      if (ours !== AppError) expect(ours).toEqual(JSON.parse(text))
    }),
    { numRuns: 2_000 },
  )
})

test('a duplicate key is found wherever it stands', () => {
  const key = fc.string({ unit: 'grapheme-ascii', minLength: 1 }).filter((text) => text !== '__proto__')
  fc.assert(
    fc.property(fc.uniqueArray(key, { minLength: 1, maxLength: 8 }), fc.nat(), fc.nat(), fc.nat({ max: 20 }), (keys, pick, at, wrap) => {
      const twice = keys[pick % keys.length] ?? ''
      const members = keys.map((name) => `${JSON.stringify(name)}:0`)
      members.splice(at % (members.length + 1), 0, `${JSON.stringify(twice)}:1`)
      const text = `${'[{"in":'.repeat(Math.floor(wrap / 2))}{${members.join(', ')}}${'}]'.repeat(Math.floor(wrap / 2))}`
      expect(refusal(text).message).toContain('appears twice')
    }),
  )
})
