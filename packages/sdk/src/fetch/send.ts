import { needsExchange } from '@keylease/shared/providers/authorise/google-exchange'
import type { Provider } from '@keylease/shared/providers/provider'
import { authoriseRequest, bareTarget } from '@keylease/shared/providers/request'
import type { Config } from '../config'
import type { Lease } from '../leases/lease'
import type { Call } from './classify'
import { exchangeKey } from './exchange'

/** The credential goes where the lease says and follows no redirect. */
export async function sendCall(config: Config, call: Call, lease: Lease, signal: AbortSignal, onSend: () => void): Promise<Response> {
  const { provider, target, body, outgoing } = call
  const isStream = body instanceof ReadableStream
  const sender = toSender(provider, lease)
  const headers = withoutPlaceholders(outgoing.headers)
  const upstream = { method: outgoing.method, path: withoutQueryKey(sender, target.path), headers, body: isStream ? null : body }
  const at = new Date(config.clock.now() + lease.clockOffsetMs)
  const place = { ...bareTarget, baseUrl: target.baseUrl, region: call.region }
  const key = lease.credential
  const credential = needsExchange(sender, key) ? await exchangeKey(config, sender, lease, key) : key
  const authorised = await authoriseRequest(sender, place, upstream, credential, at)
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
  return sender.auth.kind === 'query' ? withAddress(response, `${target.baseUrl}${upstream.path}`) : response
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

function withoutPlaceholders(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = { accept: '*/*' }
  for (const name in given) if (!placeholders.has(name)) headers[name] = given[name] ?? ''
  return headers
}

/** Where clients put their key: what they were made with is a placeholder. */
const placeholders: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
  'host',
  'content-length',
])

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
