import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Secret } from '@keylease/shared/secret'
import type { Env } from '../../env'
import type { Keyring, KeyringKey } from '../keyring'

/** A browser keeps the cookie at most so long; the session behind it ends earlier. */
export const cookieSeconds = 30 * 24 * 3600

export interface SessionCookie {
  /** The token that the cookie carries, if its signature is ours. */
  read(cookies: Secret): string | null
  /** The Set-Cookie line of a session. */
  write(token: string): string
  /** The same cookies, signed as better-auth expects them: it knows the signature of the current key alone. */
  renew(cookies: Secret): string
}

export const isHttps = (env: Pick<Env, 'publicUrl' | 'tls'>) => env.publicUrl?.protocol === 'https:' || env.tls.certFile !== undefined

/** Bound to the host where https allows it; loopback http has no such cookie. */
export const cookiePrefix = (env: Pick<Env, 'publicUrl' | 'tls'>) => (isHttps(env) ? '__Host-keylease' : 'keylease')

/** What better-auth signs its cookies with. */
export const toSecret = ({ key }: KeyringKey) => key.toString('hex')

/** The cookie of better-auth, for what reads it on every request and gives a session a new id. */
export function createSessionCookie(env: Pick<Env, 'publicUrl' | 'tls'>, keyring: Keyring): SessionCookie {
  const name = `${cookiePrefix(env)}.session_token`
  const sign = (token: string, key = keyring.current('session')) => createHmac('sha256', toSecret(key)).update(token).digest()
  const toValue = (token: string) => encodeURIComponent(`${token}.${sign(token).toString('base64')}`)
  const read = (cookies: Secret) => {
    const [token, signature] = splitValue(findCookie(cookies, name))
    if (!token || !signature) return null
    const given = Buffer.from(signature, 'base64')
    const isOurs = keyring.versions('session').some((key) => isSame(sign(token, key), given))
    return isOurs ? token : null
  }
  return {
    read,
    renew(cookies) {
      const token = read(cookies)
      if (token === null) return cookies.reveal()
      const others = splitCookies(cookies).filter((part) => nameOf(part) !== name)
      return [`${name}=${toValue(token)}`, ...others].join('; ')
    },
    write(token) {
      return `${name}=${toValue(token)}; Max-Age=${cookieSeconds}; Path=/; HttpOnly${isHttps(env) ? '; Secure' : ''}; SameSite=Lax`
    },
  }
}

const isSame = (expected: Buffer, given: Buffer) => expected.length === given.length && timingSafeEqual(expected, given)

/** The first cookie of the name, as better-auth takes it: two readers of one header must not differ. */
function findCookie(cookies: Secret, name: string): string | undefined {
  const found = splitCookies(cookies).find((part) => nameOf(part) === name)
  return found?.slice(found.indexOf('=') + 1).trim()
}

const splitCookies = (cookies: Secret) => cookies.reveal().split(';')
const nameOf = (part: string) => part.slice(0, Math.max(0, part.indexOf('='))).trim()

function splitValue(value: string | undefined): [string?, string?] {
  const match = /^([A-Za-z0-9_-]{16,128})(?:\.|%2E)((?:[A-Za-z0-9+/=]|%2B|%2F|%3D){40,80})$/i.exec(value ?? '')
  return match?.[1] ? [match[1], decodeURIComponent(match[2] ?? '')] : []
}
