import type { LookupAddress } from 'node:dns'
import { lookup as lookupName } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { mayConnect, type OutboundPolicy } from './policy'
import { UrlNotAllowed } from './refusal'

export type ResolveName = (hostname: string) => Promise<LookupAddress[]>

export const resolveBySystem: ResolveName = (hostname) => lookupName(hostname, { all: true, order: 'verbatim' })

/**
 * Opens sockets to judged addresses only. A name is resolved once per connection, all of its answers are judged, and the socket
 * gets exactly those: a name that answers otherwise a moment later is not asked again.
 */
export function createConnector(policy: OutboundPolicy, connectMs: number, resolve: ResolveName): buildConnector.connector {
  return (options, callback) => {
    const { protocol, hostname } = options
    const port = Number(options.port || (protocol === 'https:' ? 443 : 80))
    const host = hostname.includes(':') ? `[${hostname}]` : hostname
    const destination = { scheme: protocol, host, port }
    const judge = (addresses: readonly string[]) => addresses.length > 0 && addresses.every((each) => mayConnect(policy, destination, each))
    if (isIP(hostname) !== 0 && !judge([hostname])) return callback(notPublic(), null)
    const connect = buildConnector({ allowH2: false, timeout: connectMs, maxCachedSessions: 0, lookup: toLookup(resolve, judge) })
    connect(options, callback)
  }
}

function toLookup(resolve: ResolveName, judge: (addresses: readonly string[]) => boolean): LookupFunction {
  return (hostname, { all }, callback) => {
    resolve(hostname).then(
      (found) => {
        const first = found[0]
        if (!first || !judge(found.map(({ address }) => address))) return callback(notPublic(), '', 0)
        if (all) return callback(null, found)
        callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    )
  }
}

const notPublic = () => new UrlNotAllowed('its host resolves to an address that is not public')
