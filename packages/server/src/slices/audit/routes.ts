import * as contract from '@keylease/shared/contracts/audit'
import type { Deps } from '../../deps'
import { handle, handleFile, type Route } from '../../platform/http'
import { exportAudit, getAuditEntry, listAuditCheckpointPage, listAuditPage } from './service'

export const auditRoutes = (deps: Deps): Route[] => [
  handle(contract.listAuditRecords, ({ actor, query }) => listAuditPage(deps, actor, query)),
  handleFile(contract.exportAudit, ({ actor, query }) => exportAudit(deps, actor, query)),
  handle(contract.listAuditCheckpoints, ({ actor, query }) => listAuditCheckpointPage(deps, actor, query)),
  handle(contract.getAuditEntry, ({ actor, params }) => getAuditEntry(deps, actor, params.entryId)),
]
