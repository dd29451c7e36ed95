import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { Outbound } from '../outbound'
import { isRecord } from './token'

/** Finds the key that a token's header asks for. */
export type KeySet = ReturnType<typeof createLocalJWKSet>

const longestMs = 8_000
const maximumBytes = 256 * 1024
const maximumKeys = 100

/** Asks an issuer where its keys are, and then for them. Whatever it answers beside the two documents is a failure. */
export async function fetchKeySet(outbound: Pick<Outbound, 'request'>, issuer: string): Promise<KeySet> {
  const signal = AbortSignal.timeout(longestMs)
  const discovery = await fetchDocument(outbound, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, signal)
  if (discovery['issuer'] !== issuer) throw new Error('the discovery document is that of another issuer')
  const { jwks_uri: keysUrl } = discovery
  if (typeof keysUrl !== 'string') throw new Error('the discovery document names no jwks_uri')
  const { keys } = await fetchDocument(outbound, keysUrl, signal)
  if (!Array.isArray(keys) || keys.length > maximumKeys) throw new Error(`the key set holds no list of at most ${maximumKeys} keys`)
  return createLocalJWKSet({ keys: keys.filter(isPublicKey) })
}

async function fetchDocument(outbound: Pick<Outbound, 'request'>, url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const { status, body } = await outbound.request(url, { headers: { accept: 'application/json' }, signal })
  if (status !== 200) throw new Error(`the issuer answered ${status}`)
  if (body.length > maximumBytes) throw new Error(`the issuer answered more than ${maximumBytes} bytes`)
  const document: unknown = JSON.parse(body.toString('utf8'))
  if (!isRecord(document)) throw new Error('the issuer answered no JSON object')
  return document
}

/** A key that the issuer published whole is anybody's. */
const isPublicKey = (key: unknown): key is JSONWebKeySet['keys'][number] =>
  isRecord(key) && typeof key['kty'] === 'string' && ['RSA', 'EC', 'OKP'].includes(key['kty']) && !Object.hasOwn(key, 'd')
