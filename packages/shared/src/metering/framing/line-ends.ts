import { CR, LF } from '../bytes'

/** Where lines end in a chunk, by LF, CR or CRLF. Each is looked for once, so that a chunk is passed over twice in all. */
export class LineEnds {
  private lf = -1
  private cr = -1

  /** A new chunk begins. */
  begin(): void {
    this.lf = -1
    this.cr = -1
  }

  /** The first end of line at or after `from`, or the length of the chunk. */
  find(chunk: Uint8Array, from: number): number {
    if (this.lf < from) this.lf = findOrEnd(chunk, LF, from)
    if (this.cr < from) this.cr = findOrEnd(chunk, CR, from)
    return Math.min(this.lf, this.cr)
  }
}

function findOrEnd(chunk: Uint8Array, byte: number, from: number): number {
  const found = chunk.indexOf(byte, from)
  return found < 0 ? chunk.length : found
}
