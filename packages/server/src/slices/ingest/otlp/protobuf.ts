import { MalformedOtlp } from './signal'

/** Wire types of protocol buffers. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** Reads one message: a window over bytes that never leaves its bounds. */
export class ProtobufReader {
  readonly #bytes: Buffer
  #at: number
  readonly #end: number

  constructor(bytes: Buffer, start = 0, end = bytes.byteLength) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
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
    let result = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
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

  /** Nanoseconds as milliseconds: whole milliseconds are exact. */
  readTimeMs(): number {
    const at = this.#take(8)
    const low = this.#bytes.readUInt32LE(at)
    const high = this.#bytes.readUInt32LE(at + 4)
    const nanos = (BigInt(high) << 32n) | BigInt(low)
    return Number(nanos / 1_000_000n) + Number(nanos % 1_000_000n) / 1e6
  }

  readDouble(): number {
    return this.#bytes.readDoubleLE(this.#take(8))
  }

  readText(maximumBytes: number): string {
    const { start, end } = this.#readWindow()
    return this.#bytes.toString('utf8', start, Math.min(end, start + maximumBytes))
  }

  readBytes(): Buffer {
    const { start, end } = this.#readWindow()
    return this.#bytes.subarray(start, end)
  }

  readMessage(): ProtobufReader {
    const { start, end } = this.#readWindow()
    return new ProtobufReader(this.#bytes, start, end)
  }

  skip(tag: number): void {
    const type = tag & 7
    if (type === wire.varint) this.readVarint()
    else if (type === wire.fixed64) this.#take(8)
    else if (type === wire.fixed32) this.#take(4)
    else if (type === wire.bytes) this.#readWindow()
    else throw new MalformedOtlp('a field has a wire type that protobuf no longer uses')
  }

  #readWindow(): { start: number; end: number } {
    const length = this.readVarint()
    const start = this.#take(length)
    return { start, end: start + length }
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
