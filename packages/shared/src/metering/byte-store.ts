import { byteAt } from './bytes'

const nothing = new Uint8Array(0)
const FIRST_BYTES = 512
const SLAB_BYTES = 16 * FIRST_BYTES
/** A native copy costs a view: worth it from here on. */
const LONG = 48

/** Memory from outside the heap is slow to come by: one piece of it serves many readers, and goes when the last of them does. */
let slab: Uint8Array = nothing
let slabUsed = 0

function cutSlab(): Uint8Array {
  if (slabUsed + FIRST_BYTES > slab.length) {
    slab = new Uint8Array(SLAB_BYTES)
    slabUsed = 0
  }
  slabUsed += FIRST_BYTES
  return slab.subarray(slabUsed - FIRST_BYTES, slabUsed)
}

/** Where the values of one reader lie, one behind the other, so that each of them needs no memory of its own. */
export class ByteStore {
  bytes: Uint8Array = nothing
  private used = 0

  /** Makes room and tells where; what lay in `bytes` before may have moved with it. */
  reserve(length: number): number {
    const offset = this.used
    this.used += length
    if (this.used > this.bytes.length) {
      const larger = this.used <= FIRST_BYTES ? cutSlab() : new Uint8Array(this.used * 2)
      if (offset > 0) larger.set(this.bytes)
      this.bytes = larger
    }
    return offset
  }

  /** Nothing that was reserved is needed any more. */
  clear(): void {
    this.used = 0
  }

  write(offset: number, source: Uint8Array, from: number, to: number): void {
    const { bytes } = this
    if (to - from > LONG) bytes.set(source.subarray(from, to), offset)
    else for (let at = from, target = offset; at < to; at++, target++) bytes[target] = byteAt(source, at)
  }

  has(offset: number, source: Uint8Array, from: number, to: number): boolean {
    const { bytes } = this
    for (let at = from, target = offset; at < to; at++, target++) if (bytes[target] !== source[at]) return false
    return true
  }
}
