import { parseAddress } from '../request/address'
import { allowsPrivate, type Destination, mayConnect, type OutboundPolicy } from './policy'
import { UrlNotAllowed } from './refusal'

const maximumLength = 2_048
const label = '[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?'
const namePattern = new RegExp(`^(?=.{1,253}$)(?:${label}\\.)*${label}$`)
const metadataNames = /^(metadata|instance-data|metadata\.(google|tencentyun|goog)\b.*|.*\.metadata\.google\.internal)$/
const loopbackNames = /^(.*\.)?localhost(\.localdomain)?$/
const localNames = /\.(internal|local|localdomain|lan|intranet|corp|home|private|svc|arpa|onion|test|invalid|example)$/

/**
 * The guard at save, and before every use: what a URL says by itself. Names are resolved, and their addresses judged, at connect.
 * The host must be written as it is meant: another spelling of an address is a way around somebody's rule.
 */
export function checkOutboundUrl(text: string, policy: OutboundPolicy): URL {
  const url = parseUrl(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new UrlNotAllowed('it must begin with https://')
  if (url.protocol === 'http:' && !allowsPrivate(policy)) throw new UrlNotAllowed('it must begin with https://')
  if (url.username || url.password || writtenAuthority(text).includes('@')) throw new UrlNotAllowed('it must not hold a user or password')
  if (url.hash || text.includes('#')) throw new UrlNotAllowed('it must not hold a fragment')
  checkHost(text, url, policy)
  return url
}

function toDestination(url: URL): Destination {
  return { scheme: url.protocol, host: url.hostname, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)) }
}

function parseUrl(text: string): URL {
  const isPlain = text.length <= maximumLength && /^[\x21-\x7e]+$/.test(text) && !text.includes('\\')
  const url = isPlain && /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(text) ? URL.parse(text) : null
  if (!url) throw new UrlNotAllowed('it is not an absolute URL in plain ASCII')
  return url
}

const writtenAuthority = (text: string) => /^[^:]+:\/\/([^/?#]*)/.exec(text)?.[1] ?? ''

function checkHost(text: string, url: URL, policy: OutboundPolicy): void {
  const destination = toDestination(url)
  const written = writtenAuthority(text).toLowerCase().replace(/:\d*$/, '')
  if (written !== destination.host) throw new UrlNotAllowed('its host is not written in its plain form')
  const literal = destination.host.startsWith('[') ? destination.host.slice(1, -1) : destination.host
  if (parseAddress(literal)) {
    if (!mayConnect(policy, destination, literal)) throw new UrlNotAllowed('its address is not a public one')
    return
  }
  checkName(destination, policy)
}

function checkName(destination: Destination, policy: OutboundPolicy): void {
  const { host } = destination
  if (!namePattern.test(host) || /^[\d.]+$/.test(host)) throw new UrlNotAllowed('its host is not a plain host name')
  if (metadataNames.test(host)) throw new UrlNotAllowed('its host names a metadata service')
  if (loopbackNames.test(host)) {
    if (!mayConnect(policy, destination, '127.0.0.1') && !mayConnect(policy, destination, '::1')) throw namesThisMachine()
    return
  }
  if (!allowsPrivate(policy) && (!host.includes('.') || localNames.test(host))) {
    throw new UrlNotAllowed('its host is not a public name')
  }
}

const namesThisMachine = () => new UrlNotAllowed('its host names this machine')
