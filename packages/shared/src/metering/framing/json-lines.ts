import { LF } from '../bytes'
import type { JsonScanner } from '../json-scanner'
import { ByteOrderMark } from './byte-order-mark'
import type { Framing } from './framing'

/** A document on each line; JSON has no bare line feed inside of strings. */
export class JsonLinesFraming implements Framing {
  readonly errorType = null
  private readonly mark = new ByteOrderMark()

  constructor(private readonly scanner: JsonScanner) {}

  push(chunk: Uint8Array): void {
    let at = this.mark.skip(chunk)
    for (let line = chunk.indexOf(LF, at); line >= 0; line = chunk.indexOf(LF, at)) {
      this.scanner.push(chunk, at, line)
      this.scanner.endDocument()
      at = line + 1
    }
    this.scanner.push(chunk, at)
  }

  end(): void {
    this.scanner.endDocument()
  }
}
