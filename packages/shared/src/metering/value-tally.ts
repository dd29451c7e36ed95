import { ByteCopy } from './byte-copy'
import type { ByteStore } from './byte-store'
import { QUOTE } from './bytes'
import { parseJson } from './json-value'
import type { Slot } from './slot'

/** Of a string with its quotes. */
const MAX_SHORT_BYTES = 66
const MAX_DISTINCT = 64

interface Tally {
  offset: number
  length: number
  count: number
}

/** How often each short string occurs. */
export class ValueTally implements Slot {
  private readonly tallies: Tally[] = []
  private start = 0
  private isLong = false
  private pieces: ByteCopy | null = null

  constructor(private readonly store: ByteStore) {}

  open(at: number, first: number): boolean {
    this.start = at
    this.isLong = false
    if (this.pieces !== null) this.pieces.length = 0
    return first === QUOTE
  }

  resume(at: number): void {
    this.start = at
  }

  hold(bytes: Uint8Array, end: number): void {
    this.pieces ??= new ByteCopy()
    if (!this.isLong) this.isLong = !this.pieces.append(bytes, this.start, end, MAX_SHORT_BYTES)
  }

  close(bytes: Uint8Array, end: number): void {
    if (this.pieces === null || this.pieces.length === 0) this.add(bytes, this.start, end)
    else {
      this.hold(bytes, end)
      this.add(this.pieces.bytes, 0, this.pieces.length)
    }
  }

  spoil(): void {
    this.isLong = true
  }

  read(): unknown {
    if (this.tallies.length === 0) return undefined
    const counts: Record<string, number> = Object.create(null)
    for (const { offset, length, count } of this.tallies) {
      const value = parseJson(this.store.bytes, offset, offset + length)
      if (typeof value === 'string') counts[value] = (counts[value] ?? 0) + count
    }
    return counts
  }

  clear(): void {
    this.tallies.length = 0
  }

  private add(bytes: Uint8Array, from: number, to: number): void {
    const { tallies, store } = this
    const length = to - from
    if (this.isLong || length > MAX_SHORT_BYTES) return
    for (const tally of tallies) {
      if (tally.length !== length || !store.has(tally.offset, bytes, from, to)) continue
      tally.count++
      return
    }
    if (tallies.length === MAX_DISTINCT) return
    const offset = store.reserve(length)
    store.write(offset, bytes, from, to)
    tallies.push({ offset, length, count: 1 })
  }
}
