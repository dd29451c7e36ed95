import { systemClock } from './clock'

/** Work that nobody waits for. */
export interface Chore {
  run(): void
  /** It could not be done. Whoever is served meanwhile has nothing to do with it. */
  fail(): void
}

const waiting: Chore[] = []
/** Together they cost less than one by one, each among other things. */
const mostWaiting = 16
const longestMs = 10
let isTimed = false
let isDue = false

/** Done in a moment, some at a time, or once the loop has turned: whoever waits for something is served first. */
export function postpone(chore: Chore, isUrgent = false): void {
  if ((waiting.push(chore) >= mostWaiting || isUrgent) && !isDue) {
    isDue = true
    // Not at every edge.
    const inNextTurn: (run: () => void) => unknown = globalThis.setImmediate ?? setTimeout
    inNextTurn(catchUp)
  } else if (!isTimed) {
    isTimed = true
    systemClock.setTimer(() => {
      isTimed = false
      catchUp()
    }, longestMs)
  }
}

/** Everything that was postponed, at once: for whoever asks for what comes of it, and for the end of the process. */
export function catchUp(): void {
  isDue = false
  for (let chore = waiting.shift(); chore; chore = waiting.shift()) doNow(chore)
}

export function doNow(chore: Chore): void {
  try {
    chore.run()
  } catch {
    chore.fail()
  }
}
