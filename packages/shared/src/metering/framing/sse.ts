import type { JsonScanner } from '../json-scanner'
import type { Framing } from './framing'
import { SseLines, type SseSink } from './sse-lines'

/** A document in the data of each event. `[DONE]` is no JSON and passes without a trace. */
export class SseFraming implements Framing, SseSink {
  errorType: string | null = null
  private readonly lines: SseLines

  constructor(private readonly scanner: JsonScanner) {
    this.lines = new SseLines(this)
  }

  push(chunk: Uint8Array): void {
    this.lines.push(chunk)
  }

  end(): void {
    this.scanner.endDocument()
  }

  data(bytes: Uint8Array, from: number, to: number): void {
    this.scanner.push(bytes, from, to)
  }

  error(): void {
    this.errorType = 'error'
  }

  endEvent(): void {
    this.scanner.endDocument()
  }
}
