import { BlockList, isIP } from 'node:net'
import { type Env, StartError } from '../env'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

export function isLoopback(host: string): boolean {
  const family = isIP(host)
  return family === 0 ? host === 'localhost' : loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/** Credentials do not cross a network in clear unless the operator says so. */
export function checkBind(env: Pick<Env, 'host' | 'tls' | 'publicUrl' | 'allowInsecureHttp'>): void {
  if ((env.tls.certFile === undefined) !== (env.tls.keyFile === undefined)) {
    throw new StartError('KEYLEASE_TLS_CERT and KEYLEASE_TLS_KEY belong together: set both to PEM files, or neither.')
  }
  const isProtected = env.tls.certFile !== undefined || env.publicUrl?.protocol === 'https:' || env.allowInsecureHttp
  if (isLoopback(env.host) || isProtected) return
  throw new StartError(
    `HOST=${env.host} would take credentials over plain http: set KEYLEASE_TLS_CERT and KEYLEASE_TLS_KEY, or an https KEYLEASE_PUBLIC_URL if a proxy ends TLS, or KEYLEASE_INSECURE_HTTP=1.`,
  )
}

/** How this process is reached from the machine it runs on. */
export function toLocalUrl(env: Pick<Env, 'host' | 'tls'>, port: number): string {
  const anywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }
  const host = anywhere[env.host] ?? (isIP(env.host) === 6 ? `[${env.host}]` : env.host)
  return `${env.tls.certFile === undefined ? 'http' : 'https'}://${host}:${port}`
}
