const encoder = new TextEncoder()
const firstBytes = 4_096
const wordSize = 2 ** 32

/** Writes the parts of protobuf messages one behind the other, into memory that is used again for the next. */
export class ByteWriter {
  #bytes = new Uint8Array(firstBytes)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** What was written since it was last cleared: good until anything more is. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** A whole number, below zero as its two's complement. */
  varint(value: number): void {
    this.#reserve(10)
    let high = Math.floor(value / wordSize) >>> 0
    let low = value >>> 0
    while (high > 0 || low > 0x7f) {
      this.#bytes[this.#length++] = (low & 0x7f) | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    this.#bytes[this.#length++] = low
  }

  double(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
  }

  /** Microseconds as nanoseconds: a number holds no more of a time. */
  nanos(micros: number): void {
    this.#reserve(8)
    const low = (micros % wordSize) * 1_000
    this.#view.setUint32(this.#length, low % wordSize, true)
    this.#view.setUint32(this.#length + 4, Math.floor(micros / wordSize) * 1_000 + Math.floor(low / wordSize), true)
    this.#length += 8
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** With its length before it. */
  text(value: string): void {
    this.varint(value.length)
    this.#reserve(value.length)
    const start = this.#length
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at)
      if (code > 0x7f) {
        this.#rewrite(value, start)
        return
      }
      this.#bytes[start + at] = code
    }
    this.#length = start + value.length
  }

  /** Digits of sixteen, two to a byte, with the length before them. */
  hex(digits: string): void {
    const length = digits.length >> 1
    this.varint(length)
    this.#reserve(length)
    for (let at = 0; at < length; at++) {
      this.#bytes[this.#length++] = (nibbleAt(digits, at * 2) << 4) | nibbleAt(digits, at * 2 + 1)
    }
  }

  /** A message begins whose length is known when it ends: what comes back, `close` wants. */
  open(): number {
    this.byte(0)
    return this.#length
  }

  close(start: number): void {
    const length = this.#length - start
    const shift = countVarint(length) - 1
    if (shift > 0) {
      this.#reserve(shift)
      this.#bytes.copyWithin(start + shift, start, start + length)
    }
    this.#length = start - 1
    this.varint(length)
    this.#length += length
  }

  /** Beyond ASCII the length is another than that of the string. */
  #rewrite(value: string, start: number): void {
    const bytes = encoder.encode(value)
    this.#length = start - countVarint(value.length)
    this.varint(bytes.length)
    this.raw(bytes)
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + length))
    larger.set(this.#bytes)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}

const countVarint = (value: number): number => (value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5)

/** Of a field in a message: its tag, the length of what it holds, and that. */
export const measureField = (length: number): number => 1 + countVarint(length) + length

/** By the codes of the digits. */
const nibbles = Uint8Array.from({ length: 128 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0)

const nibbleAt = (digits: string, at: number): number => nibbles[digits.charCodeAt(at)] ?? 0
