import type { Env } from '../../env'
import { AppError } from '../errors'

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The origin by which a browser reaches us: the public one, or that of the Host it named. */
export function ownOrigin(env: Pick<Env, 'publicUrl' | 'tls'>, host: string): string {
  if (env.publicUrl) return env.publicUrl.origin
  return `${env.tls.certFile === undefined ? 'http' : 'https'}://${host}`
}

/**
 * A browser tells where a request comes from; with cookies it must be from our own pages, by whichever loopback name.
 * Programs send neither cookies nor an origin.
 */
export function checkOrigin(own: string, request: { origin: string | undefined; hasCookie: boolean }): void {
  if (request.origin === undefined ? !request.hasCookie : isOwn(own, request.origin)) return
  throw new AppError('foreign_origin')
}

function isOwn(own: string, origin: string): boolean {
  if (origin === own) return true
  const [ours, theirs] = [parse(own), parse(origin)]
  if (!ours || !theirs || theirs.origin !== origin) return false
  const isPair = loopbackNames.has(ours.hostname) && loopbackNames.has(theirs.hostname)
  return isPair && ours.protocol === theirs.protocol && ours.port === theirs.port
}

/** Whether a session may live here: over https, or on this machine. */
export function isSafeForSessions(own: string): boolean {
  const url = parse(own)
  return url !== null && (url.protocol === 'https:' || loopbackNames.has(url.hostname) || url.hostname.endsWith('.localhost'))
}

const parse = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null)
