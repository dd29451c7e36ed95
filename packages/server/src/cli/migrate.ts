import pg from 'pg'
import { readEnv } from '../env'
import { createLog } from '../platform/log'
import { ensurePartitions } from '../platform/postgres/partitions'
import { printRoles } from '../platform/postgres/roles'
import { openDatabase } from './database'
import { createTerminalSteps } from './steps'

/** Brings the database to this code's release without serving; or prints the SQL that an administrator runs first. */
export async function migrate(options: { printRoles: boolean }): Promise<number> {
  if (options.printRoles) {
    process.stdout.write(printRoles())
    return 0
  }
  const steps = createTerminalSteps()
  const database = await openDatabase(readEnv(), steps, createLog({ to: 'stdout', level: 'warn' }))
  const pool = new pg.Pool({ connectionString: database.urls.owner, max: 1 })
  try {
    await steps.run('partitions', () => ensurePartitions(pool, new Date()))
    steps.say(`The database is at release ${database.release}.`)
    return 0
  } finally {
    await pool.end()
    await database.close()
  }
}
