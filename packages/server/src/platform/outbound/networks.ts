import { networkInterfaces } from 'node:os'
import { inNetwork, type Network, parseAddress, parseNetwork } from '../request/address'

/** public: anyone's; private: the operator may allow it; never: metadata services and ranges that stand for another address. */
export type AddressClass = 'public' | 'private' | 'never'

const neverNetworks = toNetworks([
  '0.0.0.0/8',
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  '192.88.99.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2001::/32',
  '2002::/16',
  'fd00:ec2::/32',
  'fd20:ce::/32',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
])
const specialNetworks = toNetworks([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001::/23',
  '2001:db8::/32',
  '3fff::/20',
])
const globalUnicast = toNetworks(['2000::/3'])
const loopback = toNetworks(['127.0.0.0/8', '::1/128'])

/** What `KEYLEASE_ALLOW_PRIVATE_UPSTREAMS=1` opens. */
export const localNetworks = toNetworks(['127.0.0.0/8', '::1/128', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'])

export function classifyAddress(address: Uint8Array): AddressClass {
  if (isIn(address, loopback)) return 'private'
  if (isIn(address, neverNetworks)) return 'never'
  if (isIn(address, specialNetworks)) return 'private'
  return address.length === 4 || isIn(address, globalUnicast) ? 'public' : 'private'
}

const isLoopback = (address: Uint8Array) => isIn(address, loopback)

/** Loopback, and every address that an interface of this machine holds now. */
export function isThisMachine(address: Uint8Array): boolean {
  if (isLoopback(address)) return true
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return own.some((each) => isSame(parseAddress(each.address.replace(/%.*$/, '')), address))
}

export const isIn = (address: Uint8Array, networks: readonly Network[]) => networks.some((network) => inNetwork(address, network))

const isSame = (a: Uint8Array | null, b: Uint8Array) => a !== null && Buffer.compare(a, b) === 0

function toNetworks(cidrs: readonly string[]): Network[] {
  return cidrs.map((cidr) => {
    const network = parseNetwork(cidr)
    if (!network) throw new TypeError(`${cidr} is not a network`)
    return network
  })
}
