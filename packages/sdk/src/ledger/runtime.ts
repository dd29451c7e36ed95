import type { ExitHook } from '../node/exit-hooks'
import type { Spool, SpoolRoom } from './spool'

/** A process with a disk and an end; an edge runtime has neither. */
interface ProcessRuntime {
  loadSpool(): Promise<(room: SpoolRoom) => Spool>
  /** What comes back stops watching. */
  watchExit(hook: ExitHook): Promise<() => void>
}

export function findRuntime(): ProcessRuntime | null {
  const isNode = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined
  if (!isNode) return null
  return {
    loadSpool: () => import('../node/spool/open').then(({ openSpool }) => openSpool),
    watchExit: (hook) => import('../node/exit-hooks').then(({ watchExit }) => watchExit(hook)),
  }
}
