import * as contract from '@keylease/shared/contracts/roles'
import { handle, type Route } from '../../platform/http'
import { listRoleDescriptions } from './service'

export const roleRoutes = (): Route[] => [handle(contract.listRoles, async () => listRoleDescriptions())]
