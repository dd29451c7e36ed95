import { systemClock } from '../clock'
import { takeOut } from '../take-out'

/** Most answers are read within a moment, and are held for it: what a registry knows survives every quick collection with all it holds. */
const youngMs = 100

const young: Watch[] = []
/** Some edge runtimes cannot say when an object is gone. */
const forgotten = typeof FinalizationRegistry === 'undefined' ? null : new FinalizationRegistry<() => void>((leave) => leave())
let isPlanned = false

/** Watches one answer, until it is stopped. */
export class Watch {
  /** Null once it is watched from outside. */
  #answer: WeakKey | null
  readonly #leave: () => void

  constructor(answer: WeakKey, leave: () => void) {
    this.#answer = answer
    this.#leave = leave
  }

  age(): void {
    if (this.#answer) forgotten?.register(this.#answer, this.#leave, this)
    this.#answer = null
  }

  stop(): void {
    if (!takeOut(young, this)) forgotten?.unregister(this)
  }
}

/** Calls `leave` once its caller has let go of an answer unread, for that ends it too; null where nobody can tell. */
export function watchUnread(answer: WeakKey, leave: () => void): Watch | null {
  if (forgotten === null) return null
  const watch = new Watch(answer, leave)
  young.push(watch)
  if (!isPlanned) systemClock.setTimer(ageAll, youngMs)
  isPlanned = true
  return watch
}

function ageAll(): void {
  isPlanned = false
  for (const watch of young) watch.age()
  young.length = 0
}
