import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StartError } from '../../env'
import { createClientAddress, formatAddress, inNetwork, parseAddress, parseNetwork } from './address'

const bytesOf = (text: string) => {
  const bytes = parseAddress(text)
  return bytes && [...bytes]
}
const isIn = (address: string, cidr: string) => {
  const bytes = parseAddress(address)
  const network = parseNetwork(cidr)
  if (!bytes || !network) throw new Error('not an address or network')
  return inNetwork(bytes, network)
}

test.each([
  ['127.0.0.1', [127, 0, 0, 1]],
  ['255.255.255.255', [255, 255, 255, 255]],
  ['::ffff:127.0.0.1', [127, 0, 0, 1]],
  ['::ffff:7f00:1', [127, 0, 0, 1]],
  ['::FFFF:7F00:0001', [127, 0, 0, 1]],
  ['0:0:0:0:0:ffff:10.1.2.3', [10, 1, 2, 3]],
  ['::1', [...Array(15).fill(0), 1]],
  ['::', Array(16).fill(0)],
  ['::1.2.3.4', [...Array(12).fill(0), 1, 2, 3, 4]],
  ['::ffff:0:1.2.3.4', [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 2, 3, 4]],
  ['64:ff9b::1.2.3.4', [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]],
  ['2001:DB8::8:800:200c:417a', [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 8, 8, 0, 0x20, 0x0c, 0x41, 0x7a]],
])('%s has one canonical form', (text, bytes) => {
  expect(bytesOf(text)).toEqual(bytes)
})

describe('what only some readers take for an address is refused', () => {
  test.each([
    '',
    ' ',
    'localhost',
    '1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '127.1',
    '127.0.1',
    '127.0.0.01',
    '127.0.0.1.',
    '.127.0.0.1',
    '127.0.0.256',
    '127.0.0.-1',
    '127.0.0.1.1',
    ' 127.0.0.1',
    '127.0.0.1\n',
    '127.0.0.1\0',
    '127.0.0.1:80',
    '127。0。0。1',
    '１２７.0.0.1',
    '127.0.0.1e0',
    '[::1]',
    '::1]:80',
    ':::',
    ':',
    '1::2::3',
    '::g',
    '::12345',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::ffff:127.0.0.01',
    '::ffff:0177.0.0.1',
    '::ffff:0x7f.0.0.1',
    '::ffff:127.1',
    '::127.0.0.1:1',
    'fe80::1%eth0',
    '::1%',
    '::ffff:127.0.0.1%1',
    'fe80::1%25eth0',
    '::1/128',
  ])('%j', (text) => {
    expect(parseAddress(text)).toBeNull()
  })
})

test('absurdly long text is no address', () => {
  for (const text of [`${'0'.repeat(1_000)}1::`, `${'1.'.repeat(50_000)}1`, ':'.repeat(50_000)]) expect(parseAddress(text)).toBeNull()
})

test('an address is written as it is read', () => {
  const v4 = fc.uint8Array({ minLength: 4, maxLength: 4 })
  const v6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => bytes.map((byte) => (byte % 3 ? 0 : byte)))
  fc.assert(
    fc.property(fc.oneof(v4, v6), (bytes) => {
      const canonical = parseAddress(formatAddress(bytes))
      expect(canonical && formatAddress(canonical)).toBe(
        canonical && formatAddress(parseAddress(formatAddress(canonical)) ?? new Uint8Array()),
      )
      if (canonical?.length === bytes.length) expect([...canonical]).toEqual([...bytes])
      else expect([...bytes.slice(0, 12)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
    }),
  )
})

test('a network holds exactly the addresses that share its leading bits', () => {
  const sizes = fc.constantFrom(4, 16)
  fc.assert(
    fc.property(
      sizes.chain((size) =>
        fc.tuple(
          fc.uint8Array({ minLength: size, maxLength: size }),
          fc.uint8Array({ minLength: size, maxLength: size }),
          fc.nat(size * 8),
        ),
      ),
      ([address, bytes, prefix]) => {
        const bits = (of: Uint8Array) =>
          Array.from(of, (byte) => byte.toString(2).padStart(8, '0'))
            .join('')
            .slice(0, prefix)
        expect(inNetwork(address, { bytes, prefix })).toBe(bits(address) === bits(bytes))
      },
    ),
  )
})

test('a network rule cannot be passed by writing the address in another family or form', () => {
  expect(isIn('::ffff:10.1.2.3', '10.0.0.0/8')).toBe(true)
  expect(isIn('10.1.2.3', '::ffff:10.0.0.0/104')).toBe(true)
  expect(isIn('10.1.2.3', '10.1.2.3')).toBe(true)
  expect(isIn('11.1.2.3', '10.0.0.0/8')).toBe(false)
  expect(isIn('::10.1.2.3', '10.0.0.0/8')).toBe(false)
  expect(isIn('1.2.3.4', '::/0')).toBe(false)
  expect(isIn('1.2.3.4', '0.0.0.0/0')).toBe(true)
  expect(isIn('2001:db8:1::1', '2001:db8::/33')).toBe(true)
  expect(isIn('2001:db8:8000::1', '2001:db8::/33')).toBe(false)
})

test.each([
  '',
  '/',
  '/8',
  '10.0.0.0/',
  '10.0.0.0/33',
  '10.0.0.0/08',
  '10.0.0.0/-1',
  '10.0.0.0/8/8',
  '10.0.0.0/255.0.0.0',
  '10/8',
  '::/129',
  '::ffff:0:0/95',
  'x/8',
  '*',
])('%j is not a network, and as a trusted proxy it stops the start in one sentence', (cidr) => {
  expect(parseNetwork(cidr)).toBeNull()
  expect(() => createClientAddress(['10.0.0.0/8', cidr])).toThrow(StartError)
  expect(() => createClientAddress([cidr])).toThrow(
    /^KEYLEASE_TRUSTED_PROXIES is not valid: expected networks such as 10\.0\.0\.0\/8, found ".*"\.$/,
  )
})

describe('the client is the right-most hop that is not ours', () => {
  const behind = createClientAddress(['10.0.0.0/8', '::1', 'fd00::/8'])
  test.each([
    ['an untrusted peer is believed about itself alone', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['a trusted peer names the client', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['a client cannot prepend another', '10.0.0.1', '127.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['our own proxies are skipped from the right', '10.0.0.1', '203.0.113.9, 10.0.0.2,10.0.0.3', '203.0.113.9'],
    ['a chain of ours alone ends at its first', '10.0.0.1', '10.0.0.2, 10.0.0.3', '10.0.0.2'],
    ['a mapped peer is its IPv4 self', '::ffff:10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['no header leaves the peer', '10.0.0.1', undefined, '10.0.0.1'],
    ['an empty header leaves the peer', '10.0.0.1', '', '10.0.0.1'],
    ['a malformed hop is where belief ends', '10.0.0.1', '203.0.113.9, evil, 10.0.0.2', '10.0.0.2'],
    ['an empty hop is malformed', '10.0.0.1', '203.0.113.9,, 10.0.0.2', '10.0.0.2'],
    ['a port is malformed', '10.0.0.1', '203.0.113.9:1234', '10.0.0.1'],
    ['an octal hop is malformed', '10.0.0.1', '0313.0.113.9', '10.0.0.1'],
    ['a header that tries to inject is malformed', '10.0.0.1', '1.1.1.1\r\nx: y', '10.0.0.1'],
    ['the zone of a link-local peer is dropped', 'fe80::1%eth0', '203.0.113.9', 'fe80::1'],
    ['IPv6 is written in one form', '::1', '2001:DB8:0:0::0001', '2001:db8::1'],
    ['no socket is nobody', undefined, '203.0.113.9', 'unknown'],
  ])('%s', (_name, socket, header, client) => {
    expect(behind(socket, header)).toBe(client)
  })

  test('with no trusted proxy the header is never heard', () => {
    expect(createClientAddress([])('10.0.0.1', '203.0.113.9')).toBe('10.0.0.1')
  })
})
