import { ByteCopy } from '../byte-copy'
import { BACKSLASH, byteAt, LF, QUOTE, SPACE } from '../bytes'
import type { RepeatableWords } from '../repeatable-words'

const mostBytes = 4_096
/** Where so many events differ in more than their words, so do the rest. */
const mostUseless = 8

/** Passes over events that say what the one before them said, but for the words of one string, whose characters are counted. */
export class EventRepeat {
  /** What the event before holds around its words. */
  private readonly around = new ByteCopy()
  private wordsAt = 0
  private isKnown = false
  private useless = 0

  constructor(private readonly words: RepeatableWords) {}

  /** The event at hand was read, and lies here whole; `from` −1 where it does not. */
  learn(chunk: Uint8Array, from: number, to: number): void {
    const { words, around } = this
    this.isKnown = false
    if (from < 0 || !words.isRepeatable || words.to < 0 || this.useless === mostUseless || byteAt(chunk, to - 1) !== LF) return
    this.useless++
    this.wordsAt = words.from - from
    around.length = 0
    this.isKnown = around.append(chunk, from, words.from, mostBytes) && around.append(chunk, words.to, to, mostBytes)
  }

  /** Behind the last of those that begin here, one after the other. */
  pass(chunk: Uint8Array, from: number): number {
    let at = from
    while (this.isKnown) {
      const next = this.passOne(chunk, at)
      if (next < 0) break
      this.useless = 0
      at = next
    }
    return at
  }

  private passOne(chunk: Uint8Array, at: number): number {
    const { around, wordsAt } = this
    let to = at + wordsAt
    if (at + around.length > chunk.length || !isSame(chunk, at, around.bytes, 0, wordsAt)) return -1
    let characters = 0
    for (; to < chunk.length; to++) {
      const byte = byteAt(chunk, to)
      if (byte === QUOTE) break
      if (byte === BACKSLASH || byte < SPACE) return -1
      if ((byte & 0xc0) !== 0x80) characters++
    }
    const next = to + around.length - wordsAt
    if (next > chunk.length || !isSame(chunk, to, around.bytes, wordsAt, around.length)) return -1
    this.words.add(characters)
    return next
  }
}

/** From the end, where what differs is found sooner. */
function isSame(chunk: Uint8Array, at: number, expected: Uint8Array, from: number, to: number): boolean {
  for (let index = to - 1, place = at + index - from; index >= from; index--, place--) if (chunk[place] !== expected[index]) return false
  return true
}
