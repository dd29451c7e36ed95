import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Secret } from '@keylease/shared/secret'
import type { Env } from '../../env'
import type { Keyring } from '../keyring'

/** A browser keeps the cookie at most so long; the session behind it ends earlier. */
export const cookieSeconds = 30 * 24 * 3600

export interface SessionCookie {
  /** The token that the cookie carries, if its signature is ours. */
  read(cookies: Secret): string | null
  /** The Set-Cookie line of a session. */
  write(token: string): string
}

export const isHttps = (env: Pick<Env, 'publicUrl' | 'tls'>) => env.publicUrl?.protocol === 'https:' || env.tls.certFile !== undefined

/** Bound to the host where https allows it; loopback http has no such cookie. */
export const cookiePrefix = (env: Pick<Env, 'publicUrl' | 'tls'>) => (isHttps(env) ? '__Host-keylease' : 'keylease')

/** What better-auth signs its cookies with. */
export const sessionSecret = (keyring: Keyring) => keyring.current('session').key.toString('hex')

/** The cookie of better-auth, for what reads it on every request and gives a session a new id. */
export function createSessionCookie(env: Pick<Env, 'publicUrl' | 'tls'>, keyring: Keyring): SessionCookie {
  const name = `${cookiePrefix(env)}.session_token`
  const sign = (token: string) => createHmac('sha256', sessionSecret(keyring)).update(token).digest()
  return {
    read(cookies) {
      const [token, signature] = splitValue(findCookie(cookies, name))
      if (!token || !signature) return null
      const [expected, given] = [sign(token), Buffer.from(signature, 'base64')]
      return expected.length === given.length && timingSafeEqual(expected, given) ? token : null
    },
    write(token) {
      const value = encodeURIComponent(`${token}.${sign(token).toString('base64')}`)
      return `${name}=${value}; Max-Age=${cookieSeconds}; Path=/; HttpOnly${isHttps(env) ? '; Secure' : ''}; SameSite=Lax`
    },
  }
}

/** The first cookie of the name, as better-auth takes it: two readers of one header must not differ. */
function findCookie(cookies: Secret, name: string): string | undefined {
  for (const part of cookies.reveal().split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}

function splitValue(value: string | undefined): [string?, string?] {
  const match = /^([A-Za-z0-9_-]{16,128})(?:\.|%2E)((?:[A-Za-z0-9+/=]|%2B|%2F|%3D){40,80})$/i.exec(value ?? '')
  return match?.[1] ? [match[1], decodeURIComponent(match[2] ?? '')] : []
}
