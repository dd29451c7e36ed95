import { ByteCopy } from './byte-copy'
import type { ByteStore } from './byte-store'
import { BACKSLASH, byteAt, QUOTE, SPACE } from './bytes'
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
  private textBefore: string | null = null
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
    if (this.length === 0) return undefined
    if (this.isTextOfBefore()) return this.textBefore
    const value = parseJson(this.store.bytes, this.offset, this.offset + this.length)
    this.textBefore = typeof value === 'string' && value.length === this.length - 2 ? value : null
    return value
  }

  clear(): void {
    this.length = 0
    this.capacity = 0
    this.hasValue = false
    this.pieces = null
  }

  /** The same plain text as the last time, which one call after the other tells: a model, a reason to finish. */
  private isTextOfBefore(): boolean {
    const text = this.textBefore
    const { bytes } = this.store
    if (text === null || text.length !== this.length - 2 || byteAt(bytes, this.offset) !== QUOTE) return false
    for (let at = 0, from = this.offset + 1; at < text.length; at++) {
      const byte = byteAt(bytes, from + at)
      if (byte !== text.charCodeAt(at) || byte < SPACE || byte > 0x7e || byte === BACKSLASH || byte === QUOTE) return false
    }
    return true
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
