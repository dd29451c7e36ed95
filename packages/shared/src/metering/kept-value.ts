import { ByteCopy } from './byte-copy'
import type { ByteStore } from './byte-store'
import { parseJson } from './json-value'
import type { Slot } from './slot'

const MAX_VALUE_BYTES = 16 * 1024

/** The first or the last value at a path. Parsed only when it is asked for. */
export class KeptValue implements Slot {
  /** Something occurred, whether or not it could be kept. */
  hasValue = false
  private offset = 0
  private capacity = 0
  private length = 0
  private start = 0
  private isSpoiled = false
  /** What chunks tear apart comes together here. */
  private pieces: ByteCopy | null = null

  constructor(
    private readonly store: ByteStore,
    private readonly isFirst: boolean,
  ) {}

  open(at: number): boolean {
    if (this.isFirst && this.hasValue) return false
    this.start = at
    this.isSpoiled = false
    if (this.pieces !== null) this.pieces.length = 0
    return true
  }

  resume(at: number): void {
    this.start = at
  }

  hold(bytes: Uint8Array, end: number): void {
    this.pieces ??= new ByteCopy()
    if (!this.isSpoiled) this.isSpoiled = !this.pieces.append(bytes, this.start, end, MAX_VALUE_BYTES)
  }

  close(bytes: Uint8Array, end: number): void {
    this.hasValue = true
    if (this.pieces === null || this.pieces.length === 0) this.keep(bytes, this.start, end)
    else {
      this.hold(bytes, end)
      this.keep(this.pieces.bytes, 0, this.pieces.length)
    }
  }

  spoil(): void {
    this.isSpoiled = true
  }

  read(): unknown {
    return this.length === 0 ? undefined : parseJson(this.store.bytes, this.offset, this.offset + this.length)
  }

  clear(): void {
    this.length = 0
    this.capacity = 0
    this.hasValue = false
  }

  private keep(bytes: Uint8Array, from: number, to: number): void {
    const { store } = this
    const length = to - from
    if (this.isSpoiled || length > MAX_VALUE_BYTES) {
      this.length = 0
      return
    }
    if (length === this.length && store.has(this.offset, bytes, from, to)) return
    if (length > this.capacity) {
      this.capacity = this.capacity === 0 ? length : Math.min(length * 2, MAX_VALUE_BYTES)
      this.offset = store.reserve(this.capacity)
    }
    store.write(this.offset, bytes, from, to)
    this.length = length
  }
}
