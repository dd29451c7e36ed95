import type { Secret } from '../secret'
import type { Provider } from './provider'

/** A request that a key authorises. It goes to the base URL of the key and nowhere else. */
export interface AuthorisedRequest {
  url: string
  headers: Record<string, string>
}

export function authoriseRequest(provider: Provider, baseUrl: string, path: string, key: Secret): AuthorisedRequest {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}${path}`)
  const headers: Record<string, string> = { accept: 'application/json', ...provider.headers }
  const { auth } = provider
  if (auth.kind === 'query') url.searchParams.set(auth.name, key.reveal())
  else if (auth.kind === 'header') headers[auth.name] = `${auth.prefix ?? ''}${key.reveal()}`
  else headers['authorization'] = `Bearer ${key.reveal()}`
  return { url: url.href, headers }
}
