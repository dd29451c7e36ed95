import type { JsonScanner } from '../json-scanner'
import { ByteOrderMark } from './byte-order-mark'
import type { Framing } from './framing'

/** One JSON document. */
export class BodyFraming implements Framing {
  readonly errorType = null
  private readonly mark = new ByteOrderMark()

  constructor(private readonly scanner: JsonScanner) {}

  push(chunk: Uint8Array): void {
    this.scanner.push(chunk, this.mark.skip(chunk))
  }

  end(): void {
    this.scanner.endDocument()
  }
}
