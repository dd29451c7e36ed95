import { permissionsOfRole, type Role, roles } from '@keylease/shared/contracts/permissions'
import type { RoleList } from '@keylease/shared/contracts/roles'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'

const descriptions: Record<Role, string> = {
  owner: 'Everything, and making other Owners.',
  admin: 'Everything but making Owners.',
  manager: 'The keys, agents and budgets of their teams.',
  user: 'The keys that are assigned to them.',
  viewer: 'Reads, and changes nothing.',
}

export function listRoleDescriptions(): RoleList {
  return {
    items: roles.map((id) => ({
      id,
      name: id.charAt(0).toUpperCase() + id.slice(1),
      description: descriptions[id],
      permissions: [...permissionsOfRole(id)],
    })),
  }
}

/** Roles stand in order, the highest first. A key of admin scope stands with the Admins, unless its maker's role says less. */
const rankOf = (role: Role) => roles.indexOf(role)
const roleOf = (actor: Actor): Role => actor.role ?? 'admin'

const isAbove = (role: Role, actor: Actor) => rankOf(role) < rankOf(roleOf(actor))

/** Nobody gives, changes or takes a role above their own. */
export function assertNotAbove(actor: Actor, ...touched: Role[]): void {
  if (!touched.some((role) => isAbove(role, actor))) return
  throw new AppError('forbidden', { message: 'That role is above yours. Ask someone who has it.' })
}
