import type { Authentication, Endpoint } from '@keylease/shared/contracts/endpoint'
import { type Permission, permissionTable, type Role, type Scope } from '@keylease/shared/contracts/permissions'

export interface Access {
  permission: { permission: Permission; scope: Scope; roles: readonly Role[] } | null
  /** The same in words. */
  sentence: string
  security: Record<string, string[]>[]
}

const securityOf: Record<Authentication, Record<string, string[]>[]> = {
  none: [],
  credential: [{ bearer: [] }, { session: [] }],
  agent: [{ bearer: [] }],
  person: [{ session: [] }],
  metrics: [{ bearer: [] }, { metricsToken: [] }],
}

/** Who may call this, for programs and for people. */
export function describeAccess(endpoint: Endpoint): Access {
  const security = securityOf[endpoint.authentication]
  if (endpoint.permission === 'none') return { permission: null, security, sentence: 'Needs no credential.' }
  const { scope, roles } = permissionTable[endpoint.permission]
  const machine = endpoint.authentication === 'person' ? '' : `a platform key with ${scope} scope, or `
  const factor = endpoint.stepUp ? ' A person confirms it with a fresh factor.' : ''
  if (endpoint.authentication === 'agent') {
    const sentence = `Needs a platform key with ${scope} scope that names an agent, or a workload token that a trust rule takes.`
    return { permission: { permission: endpoint.permission, scope, roles }, security, sentence }
  }
  const sentence = `Needs the permission ${endpoint.permission}: ${machine}${describeRoles(roles)}.${factor}`
  return { permission: { permission: endpoint.permission, scope, roles }, security, sentence }
}

function describeRoles(roles: readonly Role[]): string {
  const names = roles.map((role) => role.charAt(0).toUpperCase() + role.slice(1))
  const last = names.pop() ?? ''
  return names.length > 0 ? `the role ${names.join(', ')} or ${last}` : `the role ${last}`
}
