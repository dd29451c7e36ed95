import { cutBytes, longestId, MalformedOtlp } from './signal'

/** Wire types of protocol buffers. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** A field as it stands before its value: its number and how it is written. */
export const field = (number: number, type: number) => (number << 3) | type

/** Reads messages inside messages over the same bytes, and never leaves the bounds of the one that it is in. */
export class ProtobufReader {
  readonly #bytes: Buffer
  #at = 0
  #end: number

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#end = bytes.byteLength
  }

  /** The next tag; 0 at the end of the message. */
  readTag(): number {
    if (this.#at >= this.#end) return 0
    const tag = this.readVarint()
    if (tag < 8 || tag > 0xffffffff) throw new MalformedOtlp('a field has no number')
    return tag
  }

  /** Up to 2^53 exactly; beyond it, as near as a double comes. */
  readVarint(): number {
    const first = this.#next()
    if (first < 0x80) return first
    let result = first & 0x7f
    let scale = 128
    for (let i = 1; i < 10; i++) {
      const byte = this.#next()
      result += (byte & 0x7f) * scale
      if (byte < 0x80) return result
      scale *= 128
    }
    throw new MalformedOtlp('a number is longer than ten bytes')
  }

  /** A signed 64-bit number: a double where that holds it, else decimal text. */
  readInt64(): number | string {
    const start = this.#at
    const unsigned = this.readVarint()
    if (unsigned <= Number.MAX_SAFE_INTEGER) return unsigned
    const exact = BigInt.asIntN(64, this.#readVarintExactly(start))
    return exact >= BigInt(Number.MIN_SAFE_INTEGER) && exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : exact.toString()
  }

  #readVarintExactly(start: number): bigint {
    let result = 0n
    for (let i = start, shift = 0n; i < this.#at; i++, shift += 7n) result |= BigInt((this.#bytes[i] ?? 0) & 0x7f) << shift
    return result
  }

  /** Nanoseconds as milliseconds: whole milliseconds are exact, as 2^32 ns are 4,294 ms and 967,296 ns. */
  readTimeMs(): number {
    const at = this.#take(8)
    const high = this.#bytes.readUInt32LE(at + 4)
    const nanos = high * 967_296 + this.#bytes.readUInt32LE(at)
    const belowMs = nanos % 1_000_000
    return high * 4_294 + (nanos - belowMs) / 1_000_000 + belowMs / 1e6
  }

  readDouble(): number {
    return this.#bytes.readDoubleLE(this.#take(8))
  }

  readText(maximumBytes: number): string {
    const length = this.readVarint()
    const start = this.#take(length)
    return this.#bytes.toString('utf8', start, cutBytes(this.#bytes, start, start + length, maximumBytes))
  }

  /** Bytes as hex in lower case. */
  readId(): string {
    const length = this.readVarint()
    const start = this.#take(length)
    return this.#bytes.toString('hex', start, start + Math.min(length, longestId / 2))
  }

  /** What a reader of bytes makes of the next field. */
  readWith<Value>(read: (bytes: Buffer, start: number, end: number) => Value): Value {
    const length = this.readVarint()
    const start = this.#take(length)
    return read(this.#bytes, start, start + length)
  }

  /** The same, but the field is only stepped over where the reader of bytes knows it. */
  readKnown<Value>(find: (bytes: Buffer, start: number, end: number) => Value | null): Value | null {
    const tagged = this.#at
    const length = this.readVarint()
    const start = this.#take(length)
    const value = find(this.#bytes, start, start + length)
    if (value === null) this.#at = tagged
    return value
  }

  /** What the bytes from a mark to here say. */
  keep<Name, Value>(
    mark: number,
    keep: (bytes: Buffer, start: number, end: number, name: Name, value: Value) => void,
    name: Name,
    value: Value,
  ): void {
    keep(this.#bytes, mark, this.#at, name, value)
  }

  /** Goes into the message that stands here; what it returns is for `leave`. */
  enter(): number {
    const length = this.readVarint()
    const start = this.#take(length)
    const outer = this.#end
    this.#end = this.#at
    this.#at = start
    return outer
  }

  leave(outer: number): void {
    this.#at = this.#end
    this.#end = outer
  }

  /** The place of this moment, to come back to within the same message. */
  mark(): number {
    return this.#at
  }

  rewind(mark: number): void {
    this.#at = mark
  }

  skip(tag: number): void {
    const type = tag & 7
    if (type === wire.bytes) this.#take(this.readVarint())
    else if (type === wire.varint) this.readVarint()
    else if (type === wire.fixed64) this.#take(8)
    else if (type === wire.fixed32) this.#take(4)
    else throw new MalformedOtlp('a field has a wire type that protobuf no longer uses')
  }

  #next(): number {
    if (this.#at >= this.#end) throw new MalformedOtlp('the body ends inside a number')
    return this.#bytes[this.#at++] ?? 0
  }

  #take(length: number): number {
    const start = this.#at
    if (length > this.#end - start) throw new MalformedOtlp('a field is longer than the message that holds it')
    this.#at = start + length
    return start
  }
}
