import { join, resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { type Env, readEnv, StartError } from '../env'
import { type RunningService, startService } from '../main'
import { checkBind } from '../platform/bind'
import { explainDataDirError } from '../platform/data-dir'
import { createLog, type Log } from '../platform/log'
import { openDatabase } from './database'
import { describeService } from './service-summary'
import { createTerminalSteps, type Steps } from './steps'
import { type StopRequest, watchForStop } from './stop-request'

// To collect the whole heap takes the cores from whoever waits: it is done when the heap has tripled, and not at the runtime's own guess.
const heapGrowth = '--heap-growing-percent=200'

/** Starts everything, serves until it is asked to stop, stops everything; gives the exit code. */
export async function up(): Promise<number> {
  setFlagsFromString(heapGrowth)
  const env = readEnv()
  checkBind(env)
  const log = openLog(env)
  const stop = watchForStop((error) => log.fatal({ err: error }, 'the process met an error that nobody expected and stops'))
  const steps = createTerminalSteps(stop.signal)
  try {
    return await serve(env, steps, stop, log)
  } catch (error) {
    if (stop.signal.aborted) return endCode(await stop.requested)
    const explained = explainDataDirError(error, env.dataDir)
    // The sentence of a StartError goes to the terminal; anything else needs its cause in the log.
    if (!(explained instanceof StartError)) log.fatal({ err: error }, 'the start failed')
    throw explained
  }
}

function openLog(env: Env): Log {
  if (env.database.url) return createLog({ to: 'stdout' })
  try {
    return createLog({ to: { file: join(resolve(env.dataDir), 'logs', 'keylease.log') } })
  } catch (error) {
    throw explainDataDirError(error, env.dataDir)
  }
}

async function serve(env: Env, steps: Steps, stop: StopRequest, log: Log): Promise<number> {
  const started = performance.now()
  const database = await openDatabase(env, steps, log)
  try {
    const service: RunningService = await steps.run('service', () => startService(env, database.urls, log))
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    for (const line of describeService({ env, service, seconds, emphasize: steps.emphasize })) steps.say(line)
    const reason = await stop.requested
    log.info({ reason }, 'stopping')
    await service.stop()
    return endCode(reason)
  } finally {
    await database.close()
    log.info('stopped')
  }
}

const endCode = (reason: string) => (reason === 'crash' ? 1 : 0)
