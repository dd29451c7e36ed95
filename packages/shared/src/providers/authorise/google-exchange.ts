import { Secret } from '../../secret'
import { readJson } from '../probe'
import type { ProbeAnswer, Provider } from '../provider'
import type { AuthorisedRequest } from './authorised-request'
import { looksLikeJson, readPrivateKey, readServiceAccount } from './service-account'

const lifetimeSeconds = 3_600
const longestSeconds = 43_200
const encoder = new TextEncoder()

/** Whether a key is no credential by itself but the proof that buys one. */
export const needsExchange = (provider: Pick<Provider, 'auth'>, key: Secret): boolean =>
  provider.auth.kind === 'google' && looksLikeJson(key.reveal())

/** The request that turns a service account into an access token. https://developers.google.com/identity/protocols/oauth2/service-account */
export async function exchangeRequest(provider: Pick<Provider, 'auth'>, key: Secret, at: Date): Promise<AuthorisedRequest> {
  if (provider.auth.kind !== 'google') throw new TypeError('only a key of Google is exchanged')
  const account = readServiceAccount(key.reveal())
  if ('fault' in account) throw new TypeError(`a key that ${account.fault} cannot be exchanged`)
  const issuedAt = Math.floor(at.getTime() / 1_000)
  const claims = {
    iss: account.clientEmail,
    scope: provider.auth.scope,
    aud: account.tokenUri,
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
  }
  const assertion = await signJwt({ alg: 'RS256', typ: 'JWT', kid: account.privateKeyId }, claims, account.privateKey)
  const form = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion })
  return {
    method: 'POST',
    url: account.tokenUri,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: encoder.encode(form.toString()),
  }
}

/** What came back: a token, or the answer as a probe has to judge it. */
export type Exchanged = { token: Secret; expiresInSeconds: number } | { error: ProbeAnswer }

export function readExchange(answer: ProbeAnswer): Exchanged {
  if ('failure' in answer) return { error: answer }
  if (answer.status !== 200) return { error: toRefusal(answer) }
  const body = readJson(answer.body) ?? {}
  const token = 'access_token' in body ? body.access_token : null
  const seconds = 'expires_in' in body ? Number(body.expires_in) : 0
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || !(seconds > 0)) return { error: { failure: 'broken' } }
  return { token: new Secret(token), expiresInSeconds: Math.min(Math.floor(seconds), longestSeconds) }
}

/** Google answers 400 invalid_grant for a deleted account, a disabled key or a wrong signature; so it does when our own clock is wrong. */
function toRefusal(answer: Exclude<ProbeAnswer, { failure: string }>): ProbeAnswer {
  const body = readJson(answer.body) ?? {}
  const word = 'error' in body ? body.error : null
  const isOurClock = 'error_description' in body && /short-lived token|timeframe/i.test(String(body.error_description))
  const isRefused = answer.status === 400 && (word === 'invalid_grant' || word === 'invalid_client') && !isOurClock
  return isRefused ? { ...answer, status: 401 } : answer
}

async function signJwt(header: object, claims: object, pem: string): Promise<string> {
  const der = readPrivateKey(pem)
  if (der === null) throw new TypeError('a service account without a private key cannot sign')
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
  const text = [header, claims].map((part) => toBase64Url(encoder.encode(JSON.stringify(part)))).join('.')
  const signature = await crypto.subtle.sign(algorithm, key, encoder.encode(text))
  return `${text}.${toBase64Url(new Uint8Array(signature))}`
}

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
