const nothing = new Uint8Array(0)

/** A copy of bytes that come in pieces. It grows to what it holds and is used again. */
export class ByteCopy {
  bytes: Uint8Array = nothing
  length = 0

  /** False: it would grow past the limit, and now holds nothing. */
  append(source: Uint8Array, from: number, to: number, limit: number): boolean {
    const length = this.length + to - from
    if (length > limit) {
      this.length = 0
      return false
    }
    if (length > this.bytes.length) {
      const larger = new Uint8Array(Math.min(limit, Math.max(64, length * 2)))
      larger.set(this.bytes.subarray(0, this.length))
      this.bytes = larger
    }
    this.bytes.set(source.subarray(from, to), this.length)
    this.length = length
    return true
  }
}
