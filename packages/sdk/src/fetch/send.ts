import type { AuthorisedRequest } from '@keylease/shared/providers/authorise/authorised-request'
import { needsExchange } from '@keylease/shared/providers/authorise/google-exchange'
import type { Provider } from '@keylease/shared/providers/provider'
import { bareTarget } from '@keylease/shared/providers/request'
import type { Secret } from '@keylease/shared/secret'
import type { Config } from '../config'
import type { Lease } from '../leases/lease'
import { authoriseAgain, authoriseFirst } from './authorise'
import type { Call } from './classify'
import { exchangeKey } from './exchange'
import { withoutPlaceholders } from './placeholders'

/** The credential goes where the lease says and follows no redirect. */
export async function sendCall(config: Config, call: Call, lease: Lease, signal: AbortSignal, onSend: () => void): Promise<Response> {
  const { provider, target, body, outgoing } = call
  const isStream = body instanceof ReadableStream
  const sender = toSender(provider, lease)
  const { method, headers } = outgoing
  const key = lease.credential
  const bytes = isStream ? null : body
  const again = authoriseAgain(key, target, { method, headers, body: bytes })
  const authorised = again ?? (await authorise(config, call, lease, key, bytes))
  onSend()
  const response = await config.fetch(authorised.url, {
    ...outgoing.rest,
    method: authorised.method,
    headers: authorised.headers,
    body: isStream ? body : authorised.body,
    ...(isStream && { duplex: 'half' }),
    redirect: outgoing.rest.redirect === 'error' ? 'error' : 'manual',
    signal,
  })
  return sender.auth.kind === 'query' ? withAddress(response, `${target.baseUrl}${withoutQueryKey(sender, target.path)}`) : response
}

async function authorise(
  config: Config,
  call: Call,
  lease: Lease,
  key: Secret,
  body: AuthorisedRequest['body'],
): Promise<AuthorisedRequest> {
  const { provider, target, region, outgoing } = call
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

/** The same answer, but for where it says it came from: the address had the key in it. */
function withAddress(response: Response, url: string): Response {
  return Object.defineProperty(response, 'url', { value: url })
}
