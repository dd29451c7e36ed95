import { AppError } from '../errors'
import { formatAddress, inNetwork, type Network, parseAddress, parseNetwork } from './address'

/** The networks of a rule as one canonical text each: `10.1.2.3/8` is `10.0.0.0/8`, and nothing is named twice. */
export function readNetworks(texts: readonly string[], field: string): string[] {
  return [...new Set(texts.map((text, index) => formatNetwork(readNetwork(text, `${field}.${index}`))))]
}

/** A list without entries restricts nothing. An address that cannot be read is in no network. */
export function isInNetworks(address: string, networks: readonly Network[]): boolean {
  if (networks.length === 0) return true
  const bytes = parseAddress(address)
  return bytes !== null && networks.some((network) => inNetwork(bytes, network))
}

/** From text that `readNetworks` wrote. What cannot be read is a fault of ours, and must not open the door. */
export function toNetworks(texts: readonly string[]): Network[] {
  return texts.map((text) => {
    const network = parseNetwork(text)
    if (!network) throw new AppError('internal', { cause: new Error('A stored network is not one.') })
    return network
  })
}

function readNetwork(text: string, field: string): Network {
  const network = parseNetwork(text)
  if (network) return network
  const problem = 'must be an address or a network such as 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32'
  throw new AppError('invalid_request', {
    message: `The request is not valid: ${field} ${problem}.`,
    details: { fields: [{ field, problem }] },
  })
}

function formatNetwork({ bytes, prefix }: Network): string {
  const masked = bytes.map((byte, index) => byte & (0xff << (8 - Math.min(8, Math.max(0, prefix - index * 8)))))
  return `${formatAddress(masked)}/${prefix}`
}
