import { byteAt, CLOSE_BRACE, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes'
import { StringScanner } from './string-scanner'

/** Deeper than this nothing is kept. */
const MAX_KEPT_DEPTH = 64
/** Square and curly brackets differ in this bit alone. */
const CURLY = 0x20

/** Passes over an object or an array by counting brackets outside of strings: one number, however deep. */
export class NestingSkipper {
  isTooDeep = false
  private depth = 0
  private isInString = false
  private readonly string = new StringScanner()

  /** After the first bracket. */
  begin(): void {
    this.depth = 1
    this.isTooDeep = false
    this.isInString = false
  }

  /** Where the last bracket is, or −1 if it goes on. */
  skip(bytes: Uint8Array, from: number, end: number): number {
    let at = from
    while (at < end) {
      if (this.isInString) {
        at = this.string.skip(bytes, at, end)
        if (at < 0) return at
        this.isInString = false
        at++
      }
      at = findMark(bytes, at, end)
      if (at === end) return -1
      const byte = byteAt(bytes, at)
      if (byte === QUOTE) {
        this.string.begin()
        this.isInString = true
      } else if ((byte | CURLY) === OPEN_BRACE) {
        if (++this.depth > MAX_KEPT_DEPTH) this.isTooDeep = true
      } else if (--this.depth === 0) return at
      at++
    }
    return -1
  }
}

/** The next quote or bracket, or the end. Vectors are long and hold numbers alone: those pass four bytes at a time. */
function findMark(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end) {
    const byte = byteAt(bytes, at)
    if (at + 4 <= end && isNumeric(byte, byteAt(bytes, at + 1), byteAt(bytes, at + 2), byteAt(bytes, at + 3))) {
      at += 4
      continue
    }
    if (byte === QUOTE || isBracket(byte)) return at
    at++
  }
  return end
}

/** None of the four is as low as a quote or as high as a bracket. */
const isNumeric = (a: number, b: number, c: number, d: number): boolean =>
  ((a - 0x28) | (b - 0x28) | (c - 0x28) | (d - 0x28)) >= 0 && (a | b | c | d) < OPEN_BRACKET

const isBracket = (byte: number): boolean => (byte | CURLY) === OPEN_BRACE || (byte | CURLY) === CLOSE_BRACE
