import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readLifetime } from './lifetime'
import { hasTokenShape, readToken } from './token'

const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const write = (header: unknown, claims: unknown) => `${encode(header)}.${encode(claims)}.c2lnbmF0dXJl`

test.each(['none', 'None', 'HS256', 'HS384', 'HS512', 'RSA-OAEP', 'ES256K', 'ML-DSA-65', '', 'rs256', 7, null, ['RS256'], undefined])(
  'the algorithm %j is refused',
  (alg) => expect(readToken(write({ alg }, {}))).toBe('unsupported_algorithm'),
)

test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])('the algorithm %s is read', (alg) =>
  expect(readToken(write({ alg }, { a: 1 }))).toEqual({ algorithm: alg, claims: { a: 1 } }),
)

test.each<[string, string]>([
  ['a header that is a list', write(['RS256'], {})],
  ['a header that is no JSON', write('{alg:RS256}', {})],
  ['claims that are a text', write({ alg: 'RS256' }, '"x"')],
  ['claims that are null', write({ alg: 'RS256' }, 'null')],
  ['claims that are no UTF-8', `${encode({ alg: 'RS256' })}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.x`],
  ['an extension that must be understood', write({ alg: 'RS256', crit: ['b64'], b64: false }, {})],
])('a token with %s is malformed', (_, text) => expect(readToken(text)).toBe('malformed'))

test('a platform key, a text with another number of parts or other characters is no token', () => {
  for (const text of ['kl_live_abc', 'a.b', 'a.b.c.d', 'a.b.c.d.e', '.b.c', 'a..c', 'a.b.c=', 'a.b.ç', 'a.b.c\n', '']) {
    expect(hasTokenShape(text), text).toBe(false)
  }
  expect([hasTokenShape('a.b.c'), hasTokenShape('a.b.')]).toEqual([true, true])
})

test('no text makes the reader throw or hang, and what it reads inherits nothing from the token', () => {
  const part = fc.oneof(fc.jsonValue().map(encode), fc.base64String().map(encode), fc.string().map(encode), fc.stringMatching(/^[\w-]*$/))
  fc.assert(
    fc.property(fc.tuple(part, part, part), (parts) => {
      const token = readToken(parts.join('.'))
      if (typeof token !== 'string') expect(Object.getPrototypeOf(token.claims)).toBe(Object.prototype)
    }),
  )
  const hostile = readToken(`${encode({ alg: 'RS256' })}.${encode('{"__proto__":{"iss":"x"},"constructor":1}')}.x`)
  expect(typeof hostile === 'object' && 'iss' in hostile.claims).toBe(false)
})

const now = new Date('2026-11-21T12:00:00Z')
const at = now.getTime() / 1_000

test.each<[string, Record<string, unknown>, unknown]>([
  ['an hour', { iat: at, exp: at + 3_600 }, new Date((at + 3_600) * 1_000)],
  ['a whole day', { iat: at, exp: at + 86_400 }, new Date((at + 86_400) * 1_000)],
  ['a fraction of a second', { iat: at, exp: at + 0.5 }, new Date(now.getTime() + 500)],
  ['a beginning that another clock sees a minute from now', { iat: at + 60, nbf: at + 60, exp: at + 120 }, new Date((at + 120) * 1_000)],
  ['an end that is now', { iat: at - 60, exp: at }, 'expired'],
  ['an end that has passed', { iat: at - 60, exp: at - 1 }, 'expired'],
  ['a beginning in two minutes', { iat: at, nbf: at + 120, exp: at + 600 }, 'not_yet_valid'],
  ['an issue in two minutes', { iat: at + 120, exp: at + 600 }, 'not_yet_valid'],
  ['more than a day', { iat: at, exp: at + 87_001 }, 'lives_too_long'],
  ['an old beginning, to be let live for more than a day', { iat: at - 86_400, exp: at + 601 }, 'lives_too_long'],
  ['no end', { iat: at }, 'malformed'],
  ['no time of issue', { exp: at + 60 }, 'malformed'],
  ['an end that is a text', { iat: at, exp: String(at + 60) }, 'malformed'],
  ['an end beyond all time', { iat: at, exp: 1e300 }, 'malformed'],
  ['a beginning that is no time', { iat: at, nbf: 'now', exp: at + 60 }, 'malformed'],
  ['times that it inherits', Object.create({ iat: at, exp: at + 60 }), 'malformed'],
])('a life of %s', (_, claims, expected) => expect(readLifetime(claims, now)).toEqual(expected))
