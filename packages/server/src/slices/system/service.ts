import type { Readiness } from '@keylease/shared/contracts/system'
import type { Deps } from '../../deps'
import { listMissingMigrations } from '../../platform/postgres/migrate'

/** What stands between this process and serving, and what to do about it. */
export async function getReadiness(deps: Deps): Promise<Readiness> {
  const missing = await listMissing(deps)
  const sealed = deps.keyring.sealedReason()
  const checks = {
    database: missing !== null,
    migrations: missing?.length === 0,
    unsealed: sealed === null,
    accepting: !deps.lifecycle.isDraining(),
  }
  const reason = reasonOf(checks, missing, sealed)
  return { status: reason === null ? 'ready' : 'not_ready', reason, checks }
}

function reasonOf(checks: Readiness['checks'], missing: string[] | null, sealed: string | null): string | null {
  if (!checks.accepting) return 'The process is stopping; send requests to another replica.'
  if (!checks.database) return 'The database does not answer; the service recovers by itself as soon as it does.'
  if (!checks.migrations) return `The database lacks ${missing?.join(', ')}; run "keylease migrate".`
  return sealed
}

async function listMissing(deps: Deps): Promise<string[] | null> {
  try {
    return await listMissingMigrations(deps.db.systemPool)
  } catch (error) {
    deps.log.warn({ err: error }, 'the readiness check found no database')
    return null
  }
}
