import { rootKeyFileOf } from '../deps'
import { readEnv } from '../env'
import { createDatabase } from '../platform/db'
import { createLocalRootKeys } from '../platform/kms/local'
import { createLog } from '../platform/log'
import { openDatabase } from './database'
import { rotateRootKey } from './root-key-rotate'
import { createTerminalSteps } from './steps'

/** Works beside a running service: it joins that one's Postgres, and starts one for the time it takes if none runs. */
export async function rotateRootKeyCommand(): Promise<number> {
  const env = readEnv()
  const steps = createTerminalSteps()
  const log = createLog({ to: 'stdout', level: 'warn' })
  const opened = await openDatabase(env, steps, log)
  const db = createDatabase(opened.urls, log)
  try {
    await steps.run('root key rotated', () => rotateRootKey(db, createLocalRootKeys(rootKeyFileOf(env)), log))
    return 0
  } finally {
    await db.close()
    await opened.close()
  }
}
