import { BACKSLASH, byteAt, findByte, LOWER_U, QUOTE } from './bytes'

const NEAR = 32
const NOT_FOUND = -1

/** Passes over the inside of a JSON string, whatever the chunks are, and counts its characters where they matter. */
export class StringScanner {
  characters = 0
  private isEscaped = false
  private hexLeft = 0
  private codeUnit = 0
  private isAfterHigh = false

  begin(): void {
    this.characters = 0
    this.isEscaped = false
    this.hexLeft = 0
    this.isAfterHigh = false
  }

  /** Where the closing quote is, or −1 if the string goes on. */
  skip(bytes: Uint8Array, from: number, end: number): number {
    let at = this.isEscaped ? from + 1 : from
    const near = Math.min(end, at + NEAR)
    while (at < near) {
      const byte = byteAt(bytes, at)
      if (byte === QUOTE) return at
      at += byte === BACKSLASH ? 2 : 1
    }
    while (at < end) {
      const quote = findByte(bytes, QUOTE, at, end)
      const stop = quote < 0 ? end : quote
      const backslashes = countBackslashes(bytes, at, stop)
      if (quote >= 0 && backslashes % 2 === 0) return quote
      at = stop + (backslashes % 2)
    }
    this.isEscaped = at > end
    return NOT_FOUND
  }

  /** The same, counting Unicode characters: an escape is one, and so is a pair of surrogates. */
  count(bytes: Uint8Array, from: number, end: number): number {
    let at = from
    while (at < end) {
      if (this.isEscaped || this.hexLeft > 0) {
        this.readEscape(byteAt(bytes, at++))
        continue
      }
      const stop = this.countRun(bytes, at, end)
      if (stop === end) return NOT_FOUND
      if (byteAt(bytes, stop) === QUOTE) return stop
      this.isEscaped = true
      at = stop + 1
    }
    return NOT_FOUND
  }

  /** Up to the next quote or backslash. */
  private countRun(bytes: Uint8Array, from: number, end: number): number {
    let characters = 0
    let at = from
    while (at < end) {
      const byte = byteAt(bytes, at)
      if (byte === QUOTE || byte === BACKSLASH) break
      if ((byte & 0xc0) !== 0x80) characters++
      at++
    }
    if (at > from) this.isAfterHigh = false
    this.characters += characters
    return at
  }

  private readEscape(byte: number): void {
    if (this.isEscaped) {
      this.isEscaped = false
      this.characters++
      if (byte === LOWER_U) {
        this.hexLeft = 4
        this.codeUnit = 0
      } else this.isAfterHigh = false
      return
    }
    this.codeUnit = (this.codeUnit << 4) | hexDigit(byte)
    if (--this.hexLeft > 0) return
    const kind = this.codeUnit & 0xfc00
    if (kind === 0xdc00 && this.isAfterHigh) this.characters--
    this.isAfterHigh = kind === 0xd800
  }
}

/** In plain UTF-8: every byte but those that continue a character. */
export function countCharacters(bytes: Uint8Array, from: number, to: number): number {
  let characters = 0
  for (let at = from; at < to; at++) if ((byteAt(bytes, at) & 0xc0) !== 0x80) characters++
  return characters
}

/** How many end at `end`, going back no further than `from`. */
function countBackslashes(bytes: Uint8Array, from: number, end: number): number {
  let at = end
  while (at > from && bytes[at - 1] === BACKSLASH) at--
  return end - at
}

const hexDigit = (byte: number): number => (byte <= 0x39 ? byte & 0xf : (byte & 0xf) + 9)
