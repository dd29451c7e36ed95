import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../errors'
import { checkPath, parseQuery } from './path'

const refused = (code: string) => expect.objectContaining({ code, message: expect.stringMatching(/^[A-Z].+\.$/) })

function caught(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error instanceof AppError ? error : new Error('not an AppError', { cause: error })
  }
}

describe('a path that two readers could understand differently is refused', () => {
  test.each([
    '',
    '*',
    'api',
    'localhost:4500',
    '//',
    '//evil.example/api',
    '/api//v1',
    '/api/v1//',
    '/.',
    '/..',
    '/./api',
    '/api/../healthz',
    '/api/..',
    '/api/.',
    '/%2e',
    '/%2e%2e/healthz',
    '/.%2E/healthz',
    '/%2E./healthz',
    '/a%2eb',
    '/%252e%252e/healthz',
    '/%25252e/healthz',
    '/a%2fb',
    '/a%2Fb',
    '/a%252fb',
    '/a%5cb',
    '/a%5Cb',
    '/a\\b',
    '/..\\..\\etc',
    '/a%00',
    '/a%2500',
    '/a\0b',
    '/%',
    '/%2',
    '/%zz',
    '/%u002e',
    '/%c0%ae%c0%ae/x',
    '/%c0%af',
    '/%e0%80%af',
    '/%f0%80%80%af',
    '/%ed%a0%80',
    '/%ff',
    '/%80',
    '/a%0d%0aSet-Cookie:x=1',
    '/a%09',
    '/a%7f',
    '/a%c2%85',
    '/a\r\nHost: evil',
    '/a\tb',
    '/a b',
    '/a\u007f',
    '/é',
    '/a\u3002b',
    '/a\uff0fb',
    '/a\u2028',
    '/a#b',
    '/a?b#c',
    'http://host//api',
    'http://host/../api',
    'http://host/%2e%2e/api',
    'http:/host/api',
    'ftp://host/api',
    'javascript:alert(1)',
  ])('%j', (target) => {
    expect(caught(() => checkPath(target))).toEqual(refused('invalid_path'))
  })
})

test.each(['/a?%', '/a?b=%zz', '/a?b=%00', '/a?%00', '/a?b=%ff', '/a?b=%c0%80', '/a?b=%ed%a0%80', '/a?b=é', '/a?b=\0'])(
  'a query with a malformed escape, a NUL or other than UTF-8 is refused: %j',
  (target) => {
    expect(caught(() => checkPath(target))).toEqual(refused('invalid_path'))
    expect(caught(() => parseQuery(target))).toEqual(refused('invalid_path'))
  },
)

test.each([
  '/',
  '/api/v1/projects',
  '/api/v1/projects/',
  '/api/v1/projects/prj_01jd2f8m3n6q9rkvwxyz012345',
  '/a.b/...',
  '/..a/a..',
  '/caf%C3%A9/%F0%9F%98%80',
  '/a%20b',
  '/100%25',
  "/a:b@c!$&'()*+,;=~-_",
  '/a?x=../..//%2f%5c\\&y=%0d%0a',
  'http://host',
  'http://host?x=1',
  'https://user@host:1/api?x=//..',
])('an ordinary target passes: %s', (target) => {
  expect(caught(() => checkPath(target))).toBeUndefined()
})

test('a path ends at 2,048 characters, whatever its query', () => {
  expect(caught(() => checkPath(`/${'a'.repeat(2_047)}?${'b'.repeat(4_000)}`))).toBeUndefined()
  expect(caught(() => checkPath(`/${'a'.repeat(2_048)}`))).toEqual(refused('invalid_path'))
})

test('whatever passes has the same segments for a URL parser as on the wire', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2f',
    '%5C',
    '\\',
    '%25',
    '%',
    'a',
    'é',
    '%C3%A9',
    ';',
    '@',
    ':',
    '?',
    '//',
    '%00',
    '\t',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const target = `/${pieces.join('')}`
      if (caught(() => checkPath(target)) !== undefined) return
      const url = new URL(`http://host${target}`)
      expect(url.host).toBe('host')
      expect(url.pathname).toBe(target.split('?')[0])
    }),
    { numRuns: 3_000 },
  )
})

test('a repeated query parameter is refused by name, in whatever spelling it repeats', () => {
  for (const query of ['limit=1&limit=2', 'limit&limit', 'limit=1&a=2&%6cimit=1']) {
    expect(caught(() => parseQuery(`/x?${query}`))).toMatchObject({
      code: 'invalid_request',
      message: 'The query parameter "limit" is sent twice. Send it once.',
    })
  }
  expect(caught(() => parseQuery(`/x?${'n'.repeat(5_000)}=1&${'n'.repeat(5_000)}=2`))).toMatchObject({
    message: expect.stringMatching(/^.{1,140}$/),
  })
})

test('parameters are decoded once and never reach a prototype', () => {
  const query = parseQuery('http://host/x?search=a%20b+c&cursor=%2525&__proto__=p&constructor=c&empty=')
  expect(Object.getPrototypeOf(query)).toBeNull()
  expect(Object.entries(query)).toEqual([
    ['search', 'a b c'],
    ['cursor', '%25'],
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['empty', ''],
  ])
  expect(Object.keys(parseQuery('/x'))).toEqual([])
  expect(Object.keys(parseQuery('/x?'))).toEqual([])
})
