import { MalformedOtlp } from './signal'

const code = (character: string) => character.charCodeAt(0)
const [quote, backslash, comma, colon] = [code('"'), code('\\'), code(','), code(':')]
const [openObject, closeObject, openList, closeList] = [code('{'), code('}'), code('['), code(']')]

/** Of one value that is built: JSON of nothing but brackets would take thirty times its size in memory. */
const maximumParts = 100_000

/**
 * Walks JSON in place and builds only the values that are asked for, one at a time:
 * a large body must not be in memory as one tree, and an engine that runs out of memory inside a parser ends the process.
 */
export class JsonScan {
  readonly #bytes: Buffer
  #at = 0

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
      const name = this.#peek() === quote ? this.take() : null
      if (typeof name !== 'string') throw malformed()
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

  /** The value that stands here. */
  take(): unknown {
    this.#peek()
    const start = this.#at
    const parts = this.skip()
    if (parts > maximumParts) throw new MalformedOtlp(`one record holds more than ${maximumParts} values`)
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
