import { type Chore, catchUp, chores } from '../chores'
import { systemClock } from '../clock'

/** Together they cost less than one by one, each among other things. */
const mostWaiting = 64
const longestMs = 10
let isTimed = false
let isDue = false

/** Done in a moment, some at a time, or once the loop has turned: whoever waits for something is served first. */
export function postpone(chore: Chore, isUrgent = false): void {
  if ((chores.push(chore) >= mostWaiting || isUrgent) && !isDue) {
    isDue = true
    // Not at every edge.
    const inNextTurn: (run: () => void) => unknown = globalThis.setImmediate ?? setTimeout
    inNextTurn(() => {
      isDue = false
      catchUp()
    })
  } else if (!isTimed) {
    isTimed = true
    systemClock.setTimer(() => {
      isTimed = false
      catchUp()
    }, longestMs)
  }
}
