import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isInNetworks, readNetworks, toNetworks } from './networks'

const octet = fc.nat(255)
const addresses = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'))

test('the canonical form of a network holds its address, reads as itself and is named once', () => {
  fc.assert(
    fc.property(addresses, fc.nat(32), (address, prefix) => {
      const networks = readNetworks([`${address}/${prefix}`, `::ffff:${address}/${prefix + 96}`], 'addresses')
      expect(networks).toHaveLength(1)
      expect(readNetworks(networks, 'addresses')).toEqual(networks)
      expect(isInNetworks(address, toNetworks(networks))).toBe(true)
      expect(isInNetworks(`::ffff:${address}`, toNetworks(networks))).toBe(true)
    }),
  )
})

test('an address is in a network exactly when its leading bits are', () => {
  const toBits = (address: string) =>
    address
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('')
  fc.assert(
    fc.property(addresses, addresses, fc.nat(32), (one, other, prefix) => {
      const isIn = isInNetworks(other, toNetworks(readNetworks([`${one}/${prefix}`], 'addresses')))
      expect(isIn).toBe(toBits(one).slice(0, prefix) === toBits(other).slice(0, prefix))
    }),
  )
})

test('without a rule everyone is let in, with one nobody whose address cannot be read', () => {
  expect(isInNetworks('unknown', [])).toBe(true)
  expect(isInNetworks('unknown', toNetworks(['0.0.0.0/0', '::/0']))).toBe(false)
  expect(isInNetworks('10.0.0.1', toNetworks(['::/0']))).toBe(false)
})

test('what only looks like a network is refused, and the answer says which', () => {
  for (const wrong of [
    '10.0.0.0/33',
    '10.0.0.0/08',
    '010.0.0.1',
    '10.1',
    '0x7f.1',
    '::1/129',
    'fe80::1%eth0',
    'example.com',
    '10.0.0.0/-1',
    '/8',
  ]) {
    expect(() => readNetworks(['10.0.0.0/8', wrong], 'addresses'), wrong).toThrow('addresses.1 must be an address or a network')
  }
})
