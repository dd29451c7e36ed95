import type { Emitter } from '../emitter'
import type { Losses } from './losses'
import { findRuntime } from './runtime'
import type { Spool } from './spool'

export interface Spooling {
  /** Null while it is being opened, and where there is none. */
  readonly spool: Spool | null
  readonly opening: Promise<void> | null
}

/** Opens the spool that was asked for; what earlier processes left there is told to `onFound`. */
export function createSpooling(directory: string | false, events: Emitter, losses: Losses, onFound: () => void): Spooling {
  let spool: Spool | null = null
  let opening: Promise<void> | null = null
  const tell = (message: string) => events.emit('degraded', { reason: 'spool_unavailable', message })

  const open = async (path: string) => {
    const openSpool = await load()
    opening = null
    if (!openSpool) return tell('There is no spool in this runtime: reports wait in memory alone. Leave spool out.')
    const opened = openSpool({ directory: path, tell, lose: (count) => losses.count(count, 'their lines in the spool cannot be read.') })
    spool = opened
    void opened.recovered.then(() => {
      if (opened.waiting > 0) onFound()
    })
  }

  /** Null at the edge, and for a program whose files were replaced under it. */
  const load = async () =>
    (await findRuntime()
      ?.loadSpool()
      .catch(() => null)) ?? null

  if (directory !== false) opening = open(directory)
  return {
    get spool() {
      return spool
    },
    get opening() {
      return opening
    },
  }
}
