import { type FoundOperation, findOperation } from '@keylease/shared/providers/find-operation'
import type { Provider } from '@keylease/shared/providers/provider'
import { toUnlisted } from '@keylease/shared/providers/unlisted'
import type { Lease } from '../leases/lease'
import type { Outgoing } from './outgoing'
import { findTarget, type Target } from './target'

/** What an address means under a lease. */
export interface Place {
  target: Target
  found: FoundOperation
  region: string | null
  /** As its record names it. */
  endpoint: string
}

type Asked = Pick<Outgoing, 'method' | 'url'>

const places = new WeakMap<Lease, Map<string, Place & Asked>>()
const mostPlaces = 256

/** A request that no operation lists is sent as it is. The same address is looked up once. */
export function findPlace(provider: Provider, lease: Lease, { method, url }: Asked): Place {
  const own = places.get(lease) ?? new Map<string, Place & Asked>()
  const known = own.get(url.href)
  if (known?.method === method) return known
  const target = findTarget(provider, lease, url)
  const found = findOperation(provider, method, target.path) ?? toUnlisted(method)
  const endpoint = `${found.operation.method} ${found.operation.path}`
  const place = { method, url, target, found, endpoint, region: findRegion(target, url) }
  if (own.size >= mostPlaces) own.clear()
  places.set(lease, own.set(url.href, place))
  return place
}

/** Of the address that it is sent to; where that does not tell, of the one that the client was made for. */
function findRegion({ baseUrl }: Target, url: URL): string | null {
  const region = /(?:^|[.-])([a-z]{2}(?:-[a-z]+)+-?\d)(?:[.-]|$)/
  return region.exec(baseUrl.split('/', 3)[2] ?? '')?.[1] ?? region.exec(url.hostname)?.[1] ?? null
}
