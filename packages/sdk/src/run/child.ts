import { spawn } from 'node:child_process'
import type { RunArguments } from './arguments'

export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
}

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const
/** A terminal sends these to the whole group itself: once is enough. */
const fromTerminal: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT'])

/** Runs the program on our own input and output, passes signals on, and says how it ended. */
export function runChild({ command, arguments: parameters }: RunArguments, env: NodeJS.ProcessEnv): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { stdio: 'inherit', env })
    const forward = (signal: NodeJS.Signals) => {
      if (!(process.stdin.isTTY && fromTerminal.has(signal))) child.kill(signal)
    }
    const stop = () => {
      for (const signal of forwarded) process.off(signal, forward)
    }
    for (const signal of forwarded) process.on(signal, forward)
    child.once('error', (error) => {
      stop()
      reject(error)
    })
    child.once('exit', (code, signal) => {
      stop()
      resolve({ code, signal })
    })
  })
}
