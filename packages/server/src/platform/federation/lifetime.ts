import type { RefusedCredential } from '../auth'

const leewaySeconds = 60
/** A day, and the minutes by which clouds date a beginning back. */
const longestLifeSeconds = 24 * 3_600 + 600

/** When a token ends, or why its times are refused. Clocks may differ by a minute about its beginning, never about its end. */
export function readLifetime(claims: Readonly<Record<string, unknown>>, now: Date): Date | RefusedCredential['refused'] {
  const [exp, iat] = [readTime(claims, 'exp'), readTime(claims, 'iat')]
  const nbf = Object.hasOwn(claims, 'nbf') ? readTime(claims, 'nbf') : iat
  if (exp === null || iat === null || nbf === null) return 'malformed'
  const nowSeconds = now.getTime() / 1_000
  if (exp <= nowSeconds) return 'expired'
  if (Math.max(iat, nbf) > nowSeconds + leewaySeconds) return 'not_yet_valid'
  return exp - iat > longestLifeSeconds ? 'lives_too_long' : new Date(exp * 1_000)
}

function readTime(claims: Readonly<Record<string, unknown>>, name: string): number | null {
  const seconds = Object.hasOwn(claims, name) ? claims[name] : null
  return typeof seconds === 'number' && Math.abs(seconds) <= 8_640_000_000_000 ? seconds : null
}
