import { Secret } from '../secret'
import type { AuthorisedRequest } from './authorise/authorised-request'
import { authoriseAws } from './authorise/aws-request'
import { looksLikeJson } from './authorise/service-account'
import type { Provider } from './provider'

/** What a key brings beside its value. */
export interface KeyTarget {
  /** Null: the address of the provider, with the region filled in. */
  baseUrl: string | null
  region: string | null
  deployment: string | null
  apiVersion: string | null
  upstreamOrganization: string | null
}

/** A request below the base URL of a key, before the key is in it. */
export interface UpstreamRequest {
  method: string
  path: string
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array<ArrayBuffer> | null
}

/** A stored key, or a token that one was exchanged for: tokens go as bearer whatever the provider. */
export type Credential = Secret | { accessToken: Secret }

export const bareTarget: KeyTarget = { baseUrl: null, region: null, deployment: null, apiVersion: null, upstreamOrganization: null }

/** Where requests of a key go; null while the key lacks what the address is made of. */
export function resolveBaseUrl(provider: Pick<Provider, 'baseUrl'>, target: Pick<KeyTarget, 'baseUrl' | 'region'>): string | null {
  if (target.baseUrl !== null) return target.baseUrl.replace(/\/+$/, '')
  return provider.baseUrl === null ? null : fillRegion(provider.baseUrl, target.region)
}

/** Every origin where a key may go, `*` for one DNS label. A key with a base URL of its own goes there alone. */
export function listOrigins(provider: Pick<Provider, 'baseUrl' | 'origins'>, target: Pick<KeyTarget, 'baseUrl' | 'region'>): string[] {
  const base = resolveBaseUrl(provider, target)
  if (base === null) return []
  const others = target.baseUrl === null ? provider.origins.flatMap((origin) => fillRegion(origin, target.region) ?? []) : []
  return [...new Set([new URL(base).origin, ...others])]
}

/** A region is one DNS label, so it cannot lead elsewhere. Google's global endpoints have none in their name: `{region}-` goes with it. */
function fillRegion(template: string, region: string | null): string | null {
  if (!template.includes('{region}')) return template
  if (region === null || !/^[a-z0-9-]{1,40}$/.test(region)) return null
  return template.replaceAll('{region}-', region === 'global' ? '' : `${region}-`).replaceAll('{region}', region)
}

/** The path of a probe or a test call with what the key brings; null while the key lacks a part of it. */
export function fillPath(path: string, target: KeyTarget, model: string | null = null): string | null {
  const values = { region: target.region, deployment: target.deployment, project: target.upstreamOrganization, model }
  const entries = Object.entries(values).filter(([name]) => path.includes(`{${name}}`))
  if (entries.some(([, value]) => value === null)) return null
  return entries.reduce((text, [name, value]) => text.replaceAll(`{${name}}`, encodeURIComponent(value ?? '')), path)
}

/** Async, because some providers have the key sign the request. `at` is the time of signing. */
export async function authoriseRequest(
  provider: Provider,
  target: KeyTarget,
  request: UpstreamRequest,
  credential: Credential,
  at: Date,
): Promise<AuthorisedRequest> {
  const url = resolveUrl(provider, target, request.path)
  if (provider.auth.kind === 'google') for (const name of ['key', 'access_token']) url.searchParams.delete(name)
  const headers: Record<string, string> = { accept: 'application/json' }
  addHeaders(headers, provider.headers)
  addHeaders(headers, request.headers ?? {}, credentialHeader)
  const { apiVersion, auth } = provider
  const isVersioned = apiVersion?.exceptBelow !== undefined && url.pathname.includes(apiVersion.exceptBelow)
  const version = target.apiVersion ?? apiVersion?.default ?? ''
  if (apiVersion?.in === 'header') headers[apiVersion.name] ??= version
  else if (apiVersion && !isVersioned && !url.searchParams.has(apiVersion.name)) url.searchParams.set(apiVersion.name, version)
  const authorised: AuthorisedRequest = { method: request.method, url: url.href, headers, body: request.body ?? null }
  if (!(credential instanceof Secret)) return withHeader(authorised, 'authorization', `Bearer ${credential.accessToken.reveal()}`)
  const key = credential.reveal()
  if (auth.kind === 'aws') return authoriseAws(authorised, { region: target.region, service: auth.service }, key, at)
  if (auth.kind === 'bearer') return withHeader(authorised, 'authorization', `Bearer ${key}`)
  if (auth.kind === 'header') return withHeader(authorised, auth.name.toLowerCase(), `${auth.prefix ?? ''}${key}`)
  if (auth.kind === 'google') return withHeader(authorised, 'x-goog-api-key', refuseUnexchanged(key))
  url.searchParams.set(auth.name, key)
  return { ...authorised, url: url.href }
}

function resolveUrl(provider: Provider, target: KeyTarget, path: string): URL {
  const base = resolveBaseUrl(provider, target)
  if (base === null) throw new TypeError('a key without a base URL cannot be sent anywhere')
  const url = new URL(`${base}${path}`)
  const root = new URL(base)
  const isBelow =
    path.startsWith('/') && url.origin === root.origin && `${url.pathname}/`.startsWith(`${root.pathname.replace(/\/$/, '')}/`)
  if (!isBelow) throw new TypeError('a path leads out of the base URL of its key')
  return url
}

/** Under lower-case names, so that what the provider sets replaces what a caller sent. */
function addHeaders(headers: Record<string, string>, added: Readonly<Record<string, string>>, except?: RegExp): void {
  for (const [written, value] of Object.entries(added)) {
    const name = written.toLowerCase()
    if (except?.test(name) !== true) headers[name] = value
  }
}

/** The credential of the caller is meant for us, and never goes on beside that of the key. */
const credentialHeader = /^(?:(?:proxy-)?authorization|cookie|(?:x-)?api-key|x-goog-api-key|x-amz-(?:date|security-token|content-sha256))$/

const withHeader = (request: AuthorisedRequest, name: string, value: string): AuthorisedRequest => ({
  ...request,
  headers: { ...request.headers, [name]: value },
})

function refuseUnexchanged(key: string): string {
  if (looksLikeJson(key)) throw new TypeError('a service account is exchanged for a token before it is sent')
  return key
}
