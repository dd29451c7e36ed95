import type { AuthorisedRequest } from '@keylease/shared/providers/authorise/authorised-request'
import type { Provider } from '@keylease/shared/providers/provider'
import { authoriseRequest, type Credential, type KeyTarget, type UpstreamRequest } from '@keylease/shared/providers/request'
import { Secret } from '@keylease/shared/secret'
import { anything, placeholders } from './placeholders'
import type { Target } from './target'

/** A request that a key authorises, but for its body. */
export type Authorised = Omit<AuthorisedRequest, 'body'>

interface First {
  target: Target
  place: KeyTarget
  upstream: UpstreamRequest
  credential: Credential
  at: Date
}

/** What became of a request that was authorised before. */
interface Known {
  method: string
  url: string
  /** What the provider and the key add, and what is accepted where the caller does not say. */
  added: Record<string, string>
  /** Names of the caller's headers that went on as they were. */
  passed: ReadonlySet<string>
}

/** By the key and where it went: what is known of a key is gone with it. */
const known = new WeakMap<Secret, WeakMap<Target, Known>>()

/** By the rules of the provider. Where they add the same to every request of a kind, that is remembered. */
export async function authoriseFirst(sender: Provider, { target, place, upstream, credential, at }: First): Promise<AuthorisedRequest> {
  const authorised = await authoriseRequest(sender, place, upstream, credential, at)
  const name = nameHeader(sender)
  // What the caller sends under the name of the credential is never taken for something that may pass.
  if (credential instanceof Secret && name !== null && upstream.headers?.[name] === undefined) {
    remember(credential, target, upstream, authorised)
  }
  return authorised
}

/** Where the key stands alone, and signs nothing. */
const nameHeader = ({ auth }: Pick<Provider, 'auth'>): string | null =>
  auth.kind === 'bearer' ? 'authorization' : auth.kind === 'header' ? auth.name.toLowerCase() : null

/** The same to the letter, for a request that differs from the one before in the values of its headers and its body alone. */
export function authoriseAgain(
  key: Secret,
  target: Target,
  { method, headers = {} }: Pick<UpstreamRequest, 'method' | 'headers'>,
): Authorised | null {
  const before = known.get(key)?.get(target)
  if (before === undefined || before.method !== method) return null
  const all: Record<string, string> = { ...before.added }
  let given = headers['accept'] === undefined ? 1 : 0
  for (const name in headers) {
    if (placeholders.has(name)) continue
    if (!before.passed.has(name)) return null
    all[name] = headers[name] ?? ''
    given++
  }
  return given === before.passed.size ? { method, url: before.url, headers: all } : null
}

/** Not where a header of the caller was left out: what was passed on is all that may come again. */
function remember(key: Secret, target: Target, { headers = {} }: UpstreamRequest, { method, url, headers: sent }: AuthorisedRequest): void {
  const names = Object.keys(headers)
  if (names.some((name) => sent[name] !== headers[name])) return
  const passed = new Set(names)
  const added = { accept: anything, ...Object.fromEntries(Object.entries(sent).filter(([name]) => !passed.has(name))) }
  const own = known.get(key) ?? new WeakMap<Target, Known>()
  known.set(key, own.set(target, { method, url, added, passed }))
}
