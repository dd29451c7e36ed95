import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { StartError } from '../../env'

/** A range of addresses: the leading `prefix` bits of `bytes`. */
export interface Network {
  bytes: Uint8Array
  prefix: number
}

const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
const mappedBits = mappedPrefix.length * 8

/** Canonical bytes, 4 or 16: an IPv4-mapped IPv6 address is its IPv4 address, so a rule for one holds for the other. */
export function parseAddress(text: string): Uint8Array | null {
  const bytes = readBytes(text)
  return bytes && isMapped(bytes) ? bytes.slice(mappedPrefix.length) : bytes
}

export function formatAddress(bytes: Uint8Array): string {
  return ipaddr.fromByteArray([...bytes]).toString()
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address alone. */
export function parseNetwork(cidr: string): Network | null {
  const [, address = '', length] = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(cidr) ?? []
  const bytes = readBytes(address)
  if (!bytes) return null
  const prefix = length === undefined ? bytes.length * 8 : Number(length)
  if (prefix > bytes.length * 8) return null
  if (!isMapped(bytes)) return { bytes, prefix }
  return prefix < mappedBits ? null : { bytes: bytes.slice(mappedPrefix.length), prefix: prefix - mappedBits }
}

export function inNetwork(address: Uint8Array, network: Network): boolean {
  if (address.length !== network.bytes.length) return false
  return network.bytes.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, network.prefix - index * 8))
    const mask = (0xff << (8 - bits)) & 0xff
    return (byte & mask) === ((address[index] ?? 0) & mask)
  })
}

/** Whose bucket an address fills: one holder of IPv6 has a /64 to choose from. */
export function toRateSource(text: string): string {
  const address = parseAddress(text)
  return address?.length === 16 ? `${formatAddress(Uint8Array.from(address, (byte, i) => (i < 8 ? byte : 0)))}/64` : text
}

/** The caller's address: the right-most hop of X-Forwarded-For that is not one of our proxies, heard only from one of them. */
export function createClientAddress(
  trustedProxies: string[],
): (socketAddress: string | undefined, forwardedFor: string | undefined) => string {
  const networks = trustedProxies.map(readTrustedProxy)
  const isTrusted = (address: Uint8Array) => networks.some((network) => inNetwork(address, network))

  return (socketAddress, forwardedFor) => {
    let client = parseAddress((socketAddress ?? '').replace(/%.*$/, ''))
    if (!client) return 'unknown'
    for (const hop of (forwardedFor ?? '').split(',').reverse()) {
      if (!isTrusted(client)) break
      const next = parseAddress(hop.trim())
      if (!next) break
      client = next
    }
    return formatAddress(client)
  }
}

function readTrustedProxy(cidr: string): Network {
  const network = parseNetwork(cidr)
  if (network) return network
  throw new StartError(`KEYLEASE_TRUSTED_PROXIES is not valid: expected networks such as 10.0.0.0/8, found ${JSON.stringify(cidr)}.`)
}

/** Node decides what is an address: ipaddr.js alone would also take octal and hexadecimal quads, short forms and zone ids. */
function readBytes(text: string): Uint8Array | null {
  if (isIPv4(text)) return Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray())
  if (text.includes('%') || !isIPv6(text)) return null
  return Uint8Array.from(ipaddr.IPv6.parse(text.replace(/\d+\.\d+\.\d+\.\d+$/, toGroups)).toByteArray())
}

/** A dotted tail as two groups: ipaddr.js reads `::1.2.3.4` as IPv4-mapped, which RFC 4291 does not. */
function toGroups(quad: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = quad.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 && mappedPrefix.every((byte, index) => bytes[index] === byte)
}
