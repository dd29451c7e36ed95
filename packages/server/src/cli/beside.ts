import { buildDeps, type Deps } from '../deps'
import { readEnv, StartError } from '../env'
import { toLocalUrl } from '../platform/bind'
import { createLog } from '../platform/log'
import { openDatabase } from './database'
import { createTerminalSteps, type Steps } from './steps'

/** Works beside a running service: it joins that one's Postgres, and starts one for the time it takes if none runs. */
export async function workBeside(work: (room: { deps: Deps; url: string; steps: Steps }) => Promise<void>): Promise<number> {
  const env = readEnv()
  const steps = createTerminalSteps()
  const log = createLog({ to: 'stdout', level: 'warn' })
  const opened = await openDatabase(env, steps, log)
  const deps = await buildDeps(env, opened.urls, log)
  try {
    const reason = deps.keyring.sealedReason()
    if (reason !== null) throw new StartError(reason)
    await work({ deps, url: env.publicUrl?.origin ?? toLocalUrl(env, env.port), steps })
    return 0
  } finally {
    await deps.outbound.close()
    await deps.db.close()
    await opened.close()
  }
}
