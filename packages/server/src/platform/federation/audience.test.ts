import { newId } from '@keylease/shared/ids'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAudiences } from './audience'

const tls = { certFile: undefined, keyFile: undefined }
const audiences = createAudiences({ publicUrl: new URL('https://Keys.Example.com:8443'), host: '0.0.0.0', port: 4500, tls })
const origin = 'https://keys.example.com:8443'
const id = newId('organization')

test('an audience names the organization that it was made for, alone or in a list', () => {
  expect(audiences.nameOf(id)).toBe(`${origin}/${id}`)
  expect(audiences.findOrganization(audiences.nameOf(id))).toBe(id)
  expect(audiences.findOrganization(['https://other.example.com', audiences.nameOf(id)])).toBe(id)
  expect(audiences.findOrganization([audiences.nameOf(id), audiences.nameOf(id)])).toBe(id)
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['an empty list', []],
  ['a number', 7],
  ['an object', { [`${origin}/${id}`]: true }],
  ['a list in a list', [[`${origin}/${id}`]]],
  ['two organizations', [`${origin}/${id}`, `${origin}/${newId('organization')}`]],
  ['too many', Array.from({ length: 11 }, () => `${origin}/${id}`)],
  ['a slash at the end', `${origin}/${id}/`],
  ['a query', `${origin}/${id}?x`],
  ['two slashes', `${origin}//${id}`],
  ['no slash', `${origin}${id}`],
  ['another sign than a slash', `${origin}?${id}`],
  ['upper case', `${origin}/${id.toUpperCase()}`],
  ['another case of the host', `https://Keys.example.com:8443/${id}`],
  ['another scheme', `http://keys.example.com:8443/${id}`],
  ['another port', `https://keys.example.com/${id}`],
  ['a host that begins alike', `https://keys.example.com:84430/${id}`],
  ['a user before the host', `https://keys.example.com:8443@evil.example/${id}`],
  ['another kind of id', `${origin}/${newId('project')}`],
  ['a line break', `${origin}/${id}\n`],
  ['the local name of a service that has a public one', `http://127.0.0.1:4500/${id}`],
])('an audience that is %s names nobody', (_, aud) => {
  expect(audiences.findOrganization(aud)).toBeNull()
})

test('a service without a public URL goes by its loopback names', () => {
  const local = createAudiences({ publicUrl: undefined, host: '127.0.0.1', port: 4500, tls })
  expect(local.nameOf(id)).toBe(`http://127.0.0.1:4500/${id}`)
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) expect(local.findOrganization(`http://${host}:4500/${id}`)).toBe(id)
  expect(local.findOrganization(`http://example.com:4500/${id}`)).toBeNull()
})

test('whatever is in an aud, an organization is found only where its whole audience stands there, and no other one does', () => {
  const ids = [newId('organization'), newId('organization')]
  const near = fc.constantFrom(origin, `${origin}/`, ...ids, ...ids.map(audiences.nameOf))
  const part = fc.oneof(
    near,
    fc.string(),
    fc.tuple(near, fc.string()).map(([a, b]) => a + b),
  )
  const aud = fc.oneof(part, fc.array(part, { maxLength: 12 }), fc.jsonValue())
  fc.assert(
    fc.property(aud, (value) => {
      const listed: unknown[] = Array.isArray(value) ? value : [value]
      const named = ids.filter((one) => listed.includes(audiences.nameOf(one)))
      const [only] = named.length === 1 && listed.length <= 10 ? named : [null]
      expect(audiences.findOrganization(value)).toBe(only)
    }),
    { numRuns: 2_000 },
  )
})
