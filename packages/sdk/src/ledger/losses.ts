import type { Emitter } from '../emitter'

export interface Losses {
  count(records: number, why: string): void
  /** Says what was lost since it was last said. */
  tell(): void
  readonly dropped: number
}

/** Every loss is counted, and told at once where it is the first; a flood is told each time it has doubled. */
export function createLosses(events: Emitter): Losses {
  let dropped = 0
  let told = 0
  let reason = ''
  const tell = () => {
    if (dropped === told) return
    events.emit('degraded', { reason: 'reports_dropped', message: `${dropped - told} reports of calls were lost: ${reason}` })
    told = dropped
  }
  return {
    count(records, why) {
      dropped += records
      reason = why
      if (dropped >= told * 2) tell()
    },
    tell,
    get dropped() {
      return dropped
    },
  }
}
