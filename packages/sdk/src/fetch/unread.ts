import { systemClock } from '../clock'
import { takeOut } from '../take-out'

interface Watched {
  /** Null once it is watched from outside. */
  answer: WeakKey | null
  leave(): void
}

/** Most answers are read within a moment, and are held for it: what a registry knows survives every quick collection with all it holds. */
const youngMs = 100

const young: Watched[] = []
/** Some edge runtimes cannot say when an object is gone. */
const forgotten = typeof FinalizationRegistry === 'undefined' ? null : new FinalizationRegistry<() => void>((leave) => leave())
let isPlanned = false

/** Calls `leave` once its caller has let go of an answer unread, for that ends it too; what comes back stops watching. */
export function watchUnread(answer: WeakKey, leave: () => void): () => void {
  if (forgotten === null) return () => undefined
  const watched: Watched = { answer, leave }
  young.push(watched)
  if (!isPlanned) systemClock.setTimer(ageAll, youngMs)
  isPlanned = true
  return () => {
    if (!takeOut(young, watched)) forgotten.unregister(watched)
  }
}

function ageAll(): void {
  isPlanned = false
  for (const watched of young) {
    if (watched.answer) forgotten?.register(watched.answer, watched.leave, watched)
    watched.answer = null
  }
  young.length = 0
}
