import type { CallRecord } from './record'
import type { SpoolPlace } from './spool'

export interface Waiting {
  record: CallRecord
  /** Where it lies on disk as well. */
  place: SpoolPlace | null
}

/** A ring of records. When it is full it takes no more: what is being sent stays where it is. */
export class RecordQueue {
  readonly #ring: (Waiting | undefined)[]
  #first = 0
  #length = 0

  constructor(capacity: number) {
    this.#ring = new Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  get room(): number {
    return this.#ring.length - this.#length
  }

  push(waiting: Waiting): boolean {
    if (this.room === 0) return false
    this.#ring[(this.#first + this.#length) % this.#ring.length] = waiting
    this.#length++
    return true
  }

  peek(count: number): Waiting[] {
    const found: Waiting[] = []
    for (let i = 0; i < Math.min(count, this.#length); i++) {
      const waiting = this.#ring[(this.#first + i) % this.#ring.length]
      if (waiting) found.push(waiting)
    }
    return found
  }

  drop(count: number): void {
    for (let i = 0; i < count; i++) this.#ring[(this.#first + i) % this.#ring.length] = undefined
    this.#first = (this.#first + count) % this.#ring.length
    this.#length -= count
  }
}
