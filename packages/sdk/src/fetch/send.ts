import { needsExchange } from '@keylease/shared/providers/authorise/google-exchange'
import type { Provider } from '@keylease/shared/providers/provider'
import { bareTarget } from '@keylease/shared/providers/request'
import type { Secret } from '@keylease/shared/secret'
import { toBytes } from '../body-bytes'
import type { Config } from '../config'
import type { Lease } from '../leases/lease'
import { type Authorised, authoriseAgain, authoriseFirst } from './authorise'
import type { Call } from './classify'
import { exchangeKey } from './exchange'
import { withoutPlaceholders } from './placeholders'

/** Told right before a request leaves. */
interface Departure {
  send(): void
}

/** The credential goes where the lease says and follows no redirect. */
export function sendCall(config: Config, call: Call, lease: Lease, signal: AbortSignal, departure: Departure): Promise<Response> {
  const { target, outgoing } = call
  const key = lease.credential
  const authorised = authoriseAgain(key, target, outgoing)
  const send = (request: Authorised) => {
    departure.send()
    return sendAuthorised(config, call, request, signal)
  }
  return authorised
    ? send(authorised)
    : authorise(config, call, lease, key)
        .then(send)
        .then((response) => hideKey(call, lease, response))
}

function sendAuthorised(config: Config, { body, outgoing: { rest } }: Call, request: Authorised, signal: AbortSignal) {
  const isStream = body instanceof ReadableStream
  const init: RequestInit = {
    ...rest,
    method: request.method,
    headers: request.headers,
    body,
    redirect: rest.redirect === 'error' ? 'error' : 'manual',
    signal,
  }
  if (isStream) Object.assign(init, { duplex: 'half' })
  return config.fetch(request.url, init)
}

/** Where it says it came from: the address had the key in it. */
function hideKey({ provider, target }: Call, lease: Lease, response: Response): Response {
  const sender = toSender(provider, lease)
  if (sender.auth.kind !== 'query') return response
  return Object.defineProperty(response, 'url', { value: `${target.baseUrl}${withoutQueryKey(sender, target.path)}` })
}

async function authorise(config: Config, call: Call, lease: Lease, key: Secret): Promise<Authorised> {
  const { provider, target, region, outgoing } = call
  const body = call.body === null || call.body instanceof ReadableStream ? null : toBytes(call.body)
  const sender = toSender(provider, lease)
  const headers = withoutPlaceholders(outgoing.headers)
  const upstream = { method: outgoing.method, path: withoutQueryKey(sender, target.path), headers, body }
  const at = new Date(config.clock.now() + lease.clockOffsetMs)
  const place = { ...bareTarget, baseUrl: target.baseUrl, region }
  const credential = needsExchange(sender, key) ? await exchangeKey(config, sender, lease, key) : key
  return authoriseFirst(sender, { target, place, upstream, credential, at })
}

const senders = new WeakMap<Lease, Provider>()

/** The provider as this lease says how its key travels. */
function toSender(provider: Provider, lease: Lease): Provider {
  const known = senders.get(lease)
  if (known !== undefined) return known
  const sender = { ...provider, auth: lease.auth ?? provider.auth, headers: { ...provider.headers, ...lease.headers } }
  senders.set(lease, sender)
  return sender
}

function withoutQueryKey({ auth }: Pick<Provider, 'auth'>, path: string): string {
  const name = auth.kind === 'query' ? auth.name : auth.kind === 'google' ? 'key' : null
  const start = path.indexOf('?')
  if (name === null || start < 0) return path
  const kept = path
    .slice(start + 1)
    .split('&')
    .filter((pair) => pair.split('=', 1)[0] !== name)
  return kept.length === 0 ? path.slice(0, start) : `${path.slice(0, start)}?${kept.join('&')}`
}
