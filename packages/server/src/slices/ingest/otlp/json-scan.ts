import { findPlainEnd } from './json-plain'
import { readName } from './names'
import { MalformedOtlp } from './signal'

const code = (character: string) => character.charCodeAt(0)
const [quote, backslash, comma, colon] = [code('"'), code('\\'), code(','), code(':')]
const [zero, nine] = [code('0'), code('9')]
const [openObject, closeObject, openList, closeList] = [code('{'), code('}'), code('['), code(']')]

/** Of one record that is built: JSON of nothing but brackets would take thirty times its size in memory. */
const maximumParts = 100_000

/**
 * Walks JSON in place and builds only the values that are asked for, one at a time:
 * a large body must not be in memory as one tree, and an engine that runs out of memory inside a parser ends the process.
 */
export class JsonScan {
  readonly #bytes: Buffer
  #at = 0
  #parts = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  mark(): number {
    return this.#at
  }

  rewind(mark: number): void {
    this.#at = mark
  }

  /** The body is this object and nothing else. */
  visitBody(visit: (name: string) => void): void {
    this.visitMembers('the body', visit)
    if (this.#peek() !== 0) throw new MalformedOtlp('the body is not a JSON object')
  }

  /** Every member by its name; the visitor consumes the value. */
  visitMembers(what: string, visit: (name: string) => void): void {
    if (this.#peek() !== openObject) throw new MalformedOtlp(`${what} is not a JSON object`)
    this.#visitEach(closeObject, () => {
      const name = this.#takeName()
      this.#expect(colon)
      visit(name)
    })
  }

  /** Every object of a list; null stands for an empty one. The visitor consumes it. */
  visitObjects(what: string, visit: () => void): void {
    if (this.#peek() !== openList) {
      if (this.take() !== null) throw new MalformedOtlp(`${what} is not a list of objects`)
      return
    }
    this.#visitEach(closeList, () => {
      if (this.#peek() !== openObject) throw new MalformedOtlp(`${what} is not a list of objects`)
      visit()
    })
  }

  /** What is taken from here on belongs to one record. */
  startRecord(): void {
    this.#parts = 0
  }

  /** What a reader of bytes makes of the value that stands here, or null; it says where the value ends. */
  takeKnown<Value extends { end: number }>(read: (bytes: Buffer, start: number) => Value | null): Value | null {
    const value = read(this.#bytes, this.#at)
    if (value !== null) this.#at = value.end
    return value
  }

  /** The value that stands here. */
  take(): unknown {
    return this.#takePlain() ?? this.#parse()
  }

  /** A text without escapes, one digit, or an object with nothing in it: what most values are. */
  #takePlain(): string | number | object | null {
    const byte = this.#peek()
    const start = this.#at
    if (byte === quote) {
      const end = findPlainEnd(this.#bytes, start + 1)
      if (end < 0) return null
      this.#count(1)
      this.#at = end + 1
      return this.#bytes.toString('latin1', start + 1, end)
    }
    const next = this.#bytes[start + 1]
    if (byte === openObject && next === closeObject) {
      this.#count(2)
      this.#at += 2
      return {}
    }
    if (byte < zero || byte > nine || (next !== comma && next !== closeObject)) return null
    this.#count(1)
    this.#at++
    return byte - zero
  }

  #count(parts: number): void {
    this.#parts += parts
    if (this.#parts > maximumParts) throw new MalformedOtlp(`one record holds more than ${maximumParts} values`)
  }

  #parse(): unknown {
    const start = this.#at
    this.#count(this.skip())
    try {
      return JSON.parse(this.#bytes.toString('utf8', start, this.#at))
    } catch (error) {
      if (error instanceof SyntaxError) throw malformed()
      throw error
    }
  }

  /** Steps over the value that stands here; gives how many parts it has. */
  skip(): number {
    let depth = 0
    let parts = 0
    do {
      const byte = this.#peek()
      parts++
      if (byte === quote) this.#skipText()
      else if (byte === openObject || byte === openList) depth += this.#step(1)
      else if (byte === closeObject || byte === closeList) depth -= this.#step(1)
      else if (byte === comma || byte === colon) this.#step(1)
      else this.#skipWord()
    } while (depth > 0)
    if (depth < 0) throw malformed()
    return parts
  }

  #takeName(): string {
    const isText = this.#peek() === quote
    const start = this.#at + 1
    const end = isText ? findPlainEnd(this.#bytes, start) : -1
    if (end < 0) {
      const name = isText ? this.take() : null
      if (typeof name !== 'string') throw malformed()
      return name
    }
    this.#at = end + 1
    return readName(this.#bytes, start, end).text
  }

  #visitEach(close: number, visit: () => void): void {
    this.#step(1)
    if (this.#peek() === close) return void this.#step(1)
    for (;;) {
      visit()
      if (this.#peek() === close) return void this.#step(1)
      this.#expect(comma)
    }
  }

  /** The next byte that is no space; 0 at the end. */
  #peek(): number {
    for (; this.#at < this.#bytes.length; this.#at++) {
      const byte = this.#bytes[this.#at] ?? 0
      if (byte > 0x20 || byte === 0) return byte === 0 ? -1 : byte
    }
    return 0
  }

  #expect(byte: number): void {
    if (this.#peek() !== byte) throw malformed()
    this.#at++
  }

  #step(count: number): number {
    this.#at += count
    return count
  }

  #skipText(): void {
    this.#at++
    for (; this.#at < this.#bytes.length; this.#at++) {
      const byte = this.#bytes[this.#at]
      if (byte === quote) return void this.#at++
      if (byte === backslash) this.#at++
    }
    throw malformed()
  }

  /** A number, true, false or null; what it says is looked at where it is built. */
  #skipWord(): void {
    const start = this.#at
    for (; this.#at < this.#bytes.length; this.#at++) {
      const byte = this.#bytes[this.#at] ?? 0
      if (byte <= 0x20 || byte === comma || byte === colon || byte === closeObject || byte === closeList || byte === quote) break
    }
    if (this.#at === start) throw malformed()
  }
}

const malformed = () => new MalformedOtlp('the body is not well-formed JSON')
