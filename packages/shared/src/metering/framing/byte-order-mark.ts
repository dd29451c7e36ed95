const mark = [0xef, 0xbb, 0xbf]

/** The byte order mark that a text may begin with, whatever the chunks are. */
export class ByteOrderMark {
  private seen = 0

  /** Where the text of this chunk begins. */
  skip(chunk: Uint8Array): number {
    let at = 0
    while (this.seen < mark.length && at < chunk.length) {
      if (chunk[at] !== mark[this.seen]) {
        this.seen = mark.length
        break
      }
      this.seen++
      at++
    }
    return at
  }
}
