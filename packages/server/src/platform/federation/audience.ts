import { isId } from '@keylease/shared/ids'
import type { Env } from '../../env'
import { toLocalUrl } from '../bind'

/** The aud of a token says at once for which service and for which of its organizations it was made. */
export interface Audiences {
  /** What a token for this organization holds as its aud. */
  nameOf(organizationId: string): string
  /** The one organization that an aud claim names here; null where it names none or several. */
  findOrganization(aud: unknown): string | null
}

const maximumAudiences = 10
const loopbackHosts = ['127.0.0.1', 'localhost', '[::1]']

export function createAudiences(env: Pick<Env, 'publicUrl' | 'host' | 'port' | 'tls'>): Audiences {
  const origins = listOrigins(env)
  const read = (audience: unknown) => {
    const origin = origins.find((one) => typeof audience === 'string' && audience.startsWith(`${one}/`))
    const id = origin === undefined ? '' : String(audience).slice(origin.length + 1)
    return isId('organization', id) ? [id] : []
  }
  return {
    nameOf: (organizationId) => `${origins[0]}/${organizationId}`,
    findOrganization(aud) {
      const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
      if (audiences.length > maximumAudiences) return null
      const [id, ...others] = new Set(audiences.flatMap(read))
      return id !== undefined && others.length === 0 ? id : null
    },
  }
}

/** Without a public URL the service is this machine's alone, by whichever loopback name. */
function listOrigins(env: Parameters<typeof createAudiences>[0]): string[] {
  if (env.publicUrl) return [env.publicUrl.origin]
  const own = new URL(toLocalUrl(env, env.port))
  if (!loopbackHosts.includes(own.hostname)) return [own.origin]
  const names = [own.hostname, ...loopbackHosts.filter((host) => host !== own.hostname)]
  return names.map((host) => `${own.protocol}//${host}${own.port ? `:${own.port}` : ''}`)
}
