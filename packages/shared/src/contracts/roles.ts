import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { type Permission, permissions, permissionsOfRole, roles } from './permissions'

export const RoleDescription = z.object({
  id: z.enum(roles),
  name: z.string(),
  description: z.string(),
  permissions: z.array(z.enum(permissions as [Permission, ...Permission[]])), // the table is never empty
})
export type RoleDescription = z.infer<typeof RoleDescription>
export const RoleList = z.object({ items: z.array(RoleDescription) })
export type RoleList = z.infer<typeof RoleList>

export const listRoles = defineEndpoint({
  id: 'listRoles',
  method: 'GET',
  path: '/api/v1/roles',
  tag: 'Members',
  summary: 'List the roles',
  description: 'Each with what it may do, from the one permission table.',
  authentication: 'credential',
  permission: 'members.read',
  tenant: 'organization',
  audit: 'none',
  rateLimit: 'read',
  request: {},
  response: { status: 200, schema: RoleList },
  errors: [],
  example: {
    response: {
      items: [{ id: 'viewer', name: 'Viewer', description: 'Reads, and changes nothing.', permissions: [...permissionsOfRole('viewer')] }],
    },
  },
})
