import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Closed: each connection asks again once it was answered. Open: so many a second, whoever is still waiting, once it was so for a while. */
export type Load =
  | { kind: 'closed'; connections: number; ms: number }
  | { kind: 'open'; perSecond: number; warmSeconds: number; seconds: number; workers: number }

/** Leases that agents ask for in turns, over connections of their own. */
export interface LoadJob {
  url: string
  tokens: readonly string[]
  body: string
  load: Load
}

export interface LoadAnswer {
  perSecond: number
  /** With those of warming up. */
  answered: number
  /** Milliseconds, of an open loop. */
  latencies: readonly number[]
  cpuMicros: number
}

const program = fileURLToPath(new URL('load-program.ts', import.meta.url))

export function runLoad(job: LoadJob): Promise<LoadAnswer> {
  const child = fork(program)
  child.send(job)
  return new Promise((resolve, reject) => {
    child.once('message', resolve as (answer: unknown) => void) // of our own program
    child.once('exit', (code) => reject(new Error(`The load ended with ${code} before it was done.`)))
  })
}
