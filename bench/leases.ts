import { createRoom } from './leases/agents'
import { measureIssue } from './leases/issue'
import { measureMillion } from './leases/million'
import { measureRevocation } from './leases/revocation'
import { measureTokenCheck } from './leases/token-check'
import { createSandbox } from './sandbox/sandbox'
import { reportBench } from './support/report'
import { openSite } from './support/service'

/** Enough that none comes to its limit of live leases. */
const agents = 150

const site = await openSite()
const sandbox = await createSandbox()
try {
  const service = await site.start()
  const room = await createRoom(service.url, site.token, agents, `${sandbox.origin}/v1`)
  reportBench('revocation', await measureRevocation(service.url, room))
  const deps = await site.openDeps()
  const grant = await room.grant()
  const superuser = await site.connectSuperuser()
  reportBench('lease-issue', await measureIssue({ service, postgresPid: site.postgresPid, superuser, deps }, room, grant.id))
  await superuser.end()
  reportBench('token-check', measureTokenCheck(deps))
  await service.stop()
  reportBench('million-leases', await measureMillion(site, deps, room))
  await deps.outbound.close()
  await deps.db.close()
} finally {
  await sandbox.close()
  await site.close()
}
