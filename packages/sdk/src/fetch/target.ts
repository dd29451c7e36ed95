import type { Provider } from '@keylease/shared/providers/provider'
import { KeyleaseError } from '../errors'
import type { Lease } from '../leases/lease'

/** Where a request goes with the key: below the base URL of the lease, or at another origin of the key that the caller named. */
export interface Target {
  baseUrl: string
  /** Path and query below it. */
  path: string
}

type Places = Pick<Provider, 'name' | 'baseUrl' | 'origins'>

export function findTarget({ name, baseUrl, origins }: Places, lease: Pick<Lease, 'baseUrl' | 'origins'>, url: URL): Target {
  const prefix = baseUrl === null ? '' : readPrefix(baseUrl)
  for (const base of [baseUrl, lease.baseUrl, ...origins.map((origin) => `${origin}${prefix}`)]) {
    const path = base === null ? null : findPathBelow(base, url)
    if (path === null) continue
    const isOther = lease.origins.includes(url.origin) && !`${lease.baseUrl}/`.startsWith(`${url.origin}/`)
    return { baseUrl: isOther ? `${url.origin}${prefix}` : lease.baseUrl, path }
  }
  const own = baseUrl ?? lease.baseUrl
  throw new KeyleaseError(
    'url_not_allowed',
    `${url.origin}${url.pathname} is not below ${own}: the key of ${name} goes there only. Use that base URL.`,
  )
}

/** The path of a base URL whose host may have a `{region}` in it. */
const readPrefix = (base: string): string =>
  base
    .split('/')
    .slice(3)
    .map((segment) => `/${segment}`)
    .join('')

const templates = new Map<string, RegExp>()

/** A `{region}` of the base stands for any one DNS label, or a part of one. */
function findPathBelow(base: string, url: URL): string | null {
  const known = templates.get(base) ?? compileBase(base)
  templates.set(base, known)
  const full = `${url.origin}${url.pathname}`
  const match = known.exec(full)
  return match === null ? null : `${full.slice(match[0].length)}${url.search}`
}

/** Google's global endpoints have no region in their name: `{region}-` is absent with it. */
const compileBase = (base: string): RegExp =>
  new RegExp(
    `^${base
      .replace(/\/+$/, '')
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('\\{region\\}-', '(?:[a-z0-9-]+-)?')
      .replaceAll('\\{region\\}', '[a-z0-9-]+')}(?=/|$)`,
  )
