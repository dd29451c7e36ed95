import type { SpoolPlace } from './spool'

/** Spans as they were written, one behind the other. */
export interface Batch {
  count: number
  bytes: Uint8Array
  /** Where those lie that lie on disk as well. */
  places: readonly SpoolPlace[]
}

const firstBytes = 64 * 1024
const mostIdleBytes = 2 ** 20

/** What waits to be sent, as bytes: nothing that lives for as long as the service is away is left to the collector. */
export class SpanQueue {
  readonly #capacity: number
  #bytes = new Uint8Array(0)
  #start = 0
  #end = 0
  readonly #lengths: number[] = []
  readonly #places: (SpoolPlace | null)[] = []

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get length(): number {
    return this.#lengths.length
  }

  get room(): number {
    return this.#capacity - this.length
  }

  /** How many lie nowhere else. */
  get unspooled(): number {
    return this.#places.filter((place) => place === null).length
  }

  /** When it is full it takes no more. */
  push(span: Uint8Array, place: SpoolPlace | null): boolean {
    if (this.room === 0) return false
    if (this.#end + span.length > this.#bytes.length) this.#makeRoom(span.length)
    this.#bytes.set(span, this.#end)
    this.#end += span.length
    this.#lengths.push(span.length)
    this.#places.push(place)
    return true
  }

  /** The oldest. Its bytes are good until anything else is done. */
  peek(count: number): Batch {
    const lengths = this.#lengths.slice(0, count)
    const bytes = this.#bytes.subarray(this.#start, this.#start + sum(lengths))
    const places = this.#places.slice(0, count).filter((place) => place !== null)
    return { count: lengths.length, bytes, places }
  }

  drop(count: number): void {
    this.#start += sum(this.#lengths.splice(0, count))
    this.#places.splice(0, count)
    if (this.length > 0) return
    this.#start = 0
    this.#end = 0
    if (this.#bytes.length > mostIdleBytes) this.#bytes = new Uint8Array(0)
  }

  /** By moving what waits to the front, where that leaves half of it free. */
  #makeRoom(length: number): void {
    const waiting = this.#end - this.#start
    const wanted = Math.max(firstBytes, (waiting + length) * 2)
    if (wanted <= this.#bytes.length) this.#bytes.copyWithin(0, this.#start, this.#end)
    else {
      const larger = new Uint8Array(wanted)
      larger.set(this.#bytes.subarray(this.#start, this.#end))
      this.#bytes = larger
    }
    this.#start = 0
    this.#end = waiting
  }
}

const sum = (lengths: readonly number[]): number => lengths.reduce((total, length) => total + length, 0)
