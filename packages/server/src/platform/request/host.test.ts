import { expect, test } from 'vitest'
import { createHostCheck } from './host'

const isOurs = createHostCheck({ host: '127.0.0.1' })
const isPublicOurs = createHostCheck({ host: '0.0.0.0', publicUrl: new URL('https://Keys.Example.com:8443') })

test.each([
  'localhost',
  'LOCALHOST:4500',
  'app.localhost:1',
  'a.b.localhost',
  '127.0.0.1',
  '127.0.0.1:4500',
  '127.8.9.10',
  '10.0.0.5:65535',
  '203.0.113.9',
  '[::1]',
  '[::1]:4500',
  '[::ffff:7f00:1]:80',
  '[2001:DB8::1]',
])('this machine by name or address is ours: %s', (host) => {
  expect(isOurs(host)).toBe(true)
})

test.each([
  undefined,
  '',
  ' ',
  'evil.example',
  'evil.example:4500',
  'keys.example.com',
  'localhost.evil.example',
  'notlocalhost',
  '127.0.0.1.evil.example',
  '127.0.0.1.nip.io',
  '.localhost',
  '-.localhost',
  'a..localhost',
  'localhost.',
  'localhost。',
  'evil。localhost',
  'localhost:',
  'localhost:0',
  'localhost:65536',
  'localhost:99999999',
  'localhost:-1',
  'localhost:80:80',
  'localhost:4500/',
  'localhost/x',
  'localhost?x',
  'localhost#x',
  'localhost\\@evil.example',
  'localhost, evil.example',
  'localhost evil.example',
  ' localhost',
  'localhost\r\nx-y: z',
  'localhost\0',
  'user@localhost',
  'http://localhost',
  '%6cocalhost',
  'ⓛocalhost',
  'localhoſt',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '127.1',
  '0',
  '127.0.0.1.',
  '127。0。0。1',
  '127.0.0.256',
  '::1',
  '::1:4500',
  '[::1',
  '[::1]x',
  '[::1]:',
  '[::1]:0',
  '[127.0.0.1]',
  '[localhost]',
  '[fe80::1%eth0]',
  '[fe80::1%25eth0]',
  '[]',
  '[::1][::1]',
])('a foreign or malformed Host is not ours: %j', (host) => {
  expect(isOurs(host)).toBe(false)
})

test('an absurdly long Host is decided at once', () => {
  expect(isOurs(`${'a.'.repeat(20_000)}localhosts`)).toBe(false)
})

test('the public name is ours on any port and in any case, and no name around it', () => {
  for (const host of ['keys.example.com', 'KEYS.example.com:443', 'keys.example.com:8443']) expect(isPublicOurs(host)).toBe(true)
  for (const host of ['example.com', 'x.keys.example.com', 'keys.example.com.evil.example', 'keysxexample.com', 'keys.example.com.']) {
    expect(isPublicOurs(host)).toBe(false)
  }
})

test('a name to listen on is ours', () => {
  expect(createHostCheck({ host: 'Keylease.internal' })('keylease.internal:4500')).toBe(true)
})
