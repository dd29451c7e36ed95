import { StartError } from '../../env'
import { type Network, parseAddress, parseNetwork } from '../request/address'
import { classifyAddress, isIn, isThisMachine, localNetworks } from './networks'

/** What the operator opened beyond public addresses, and what stays shut whatever they opened. */
export interface OutboundPolicy {
  networks: readonly Network[]
  /** `host:port`, the host as a URL writes it. */
  endpoints: ReadonlySet<string>
  /** The ports of this service: refused on every address of this machine. */
  ownPorts: Set<number>
  /** The ports of Postgres: refused on every private address. */
  databasePorts: ReadonlySet<number>
}

export interface OwnPorts {
  ports: readonly number[]
  databasePorts: readonly number[]
}

export interface Destination {
  scheme: string
  /** As the URL writes it: a name, a dotted quad, or IPv6 in brackets. */
  host: string
  port: number
}

const endpointPattern = /^((?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?|\[[0-9a-f:.]+\]):(\d{1,5})$/

/** Reads KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: nothing, `1`, or a list of networks and `host:port`. */
export function readOutboundPolicy(allowed: string | undefined, own: OwnPorts): OutboundPolicy {
  const items = (allowed ?? '').split(',').flatMap((item) => item.trim().toLowerCase() || [])
  const endpoints = new Set<string>()
  const networks: Network[] = []
  for (const item of items.filter((each) => each !== '0' && each !== 'false')) {
    const network = parseNetwork(item)
    if (item === '1' || item === 'true') networks.push(...localNetworks)
    else if (network) networks.push(network)
    else endpoints.add(readEndpoint(item))
  }
  return { networks, endpoints, ownPorts: new Set(own.ports), databasePorts: new Set(own.databasePorts) }
}

function readEndpoint(item: string): string {
  const [, host, port] = endpointPattern.exec(item) ?? []
  if (host && Number(port) >= 1 && Number(port) <= 65_535) return `${host}:${Number(port)}`
  throw new StartError(
    `KEYLEASE_ALLOW_PRIVATE_UPSTREAMS is not valid: expected 1, or a list of networks such as 10.0.0.0/8 and host:port, found ${JSON.stringify(item)}.`,
  )
}

export const allowsPrivate = (policy: OutboundPolicy) => policy.networks.length + policy.endpoints.size > 0

/** Whether a connection to this address may be opened for that destination. Plain http is for private addresses alone. */
export function mayConnect(policy: OutboundPolicy, destination: Destination, addressText: string): boolean {
  const address = parseAddress(addressText)
  const isMapped = address?.length === 4 && addressText.includes(':')
  if (!address || isMapped) return false
  if (policy.ownPorts.has(destination.port) && isThisMachine(address)) return false
  const kind = classifyAddress(address)
  if (kind === 'public') return destination.scheme === 'https:' || isAllowed(policy, destination, address)
  return kind === 'private' && !policy.databasePorts.has(destination.port) && isAllowed(policy, destination, address)
}

const isAllowed = (policy: OutboundPolicy, { host, port }: Destination, address: Uint8Array) =>
  isIn(address, policy.networks) || policy.endpoints.has(`${host}:${port}`)
