import { exchangeRequest, readExchange } from '@keylease/shared/providers/authorise/google-exchange'
import type { Provider } from '@keylease/shared/providers/provider'
import type { Secret } from '@keylease/shared/secret'
import type { Config } from '../config'
import { ConnectionError, KeyleaseError } from '../errors'
import type { Lease } from '../leases/lease'

interface Token {
  accessToken: Secret
  endsAtMs: number
}

/** One that ends sooner is not begun with. */
const safetyMs = 60_000
const tokens = new WeakMap<Lease, Promise<Token>>()

/** The access token that the service account of a lease buys: one for all its calls, until it is about to end. */
export async function exchangeKey(config: Config, provider: Pick<Provider, 'auth' | 'name'>, lease: Lease, key: Secret): Promise<Token> {
  const known = tokens.get(lease)
  if (known && isLasting(config, await known)) return known
  // Another call may have asked while this one looked.
  const other = tokens.get(lease)
  const pending = other && other !== known ? other : buyToken(config, provider, lease, key)
  tokens.set(lease, pending)
  pending.catch(() => tokens.delete(lease))
  return pending
}

const isLasting = ({ clock }: Config, { endsAtMs }: Token): boolean => endsAtMs - safetyMs > clock.monotonicMs()

async function buyToken(
  { clock, fetch, timeoutMs }: Config,
  { auth, name }: Pick<Provider, 'auth' | 'name'>,
  lease: Lease,
  key: Secret,
): Promise<Token> {
  const sentAtMs = clock.monotonicMs()
  const { url, ...request } = await exchangeRequest({ auth }, key, new Date(clock.now() + lease.clockOffsetMs))
  const exchanged = readExchange(await ask(() => fetch(url, { ...request, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })))
  if ('token' in exchanged) return { accessToken: exchanged.token, endsAtMs: sentAtMs + exchanged.expiresInSeconds * 1_000 }
  if ('failure' in exchanged.error)
    throw new ConnectionError(`${name} gave no access token for the service account: its token address cannot be reached.`)
  throw new KeyleaseError('key_rejected', `${name} refused the service account of this lease. Rotate the key.`)
}

async function ask(send: () => Promise<Response>): Promise<Parameters<typeof readExchange>[0]> {
  try {
    const answer = await send()
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }
  } catch {
    return { failure: 'unreachable' }
  }
}
