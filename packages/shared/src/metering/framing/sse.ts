import type { JsonScanner } from '../json-scanner'
import { EventRepeat } from './event-repeat'
import type { Framing } from './framing'
import { SseLines, type SseSink } from './sse-lines'

/** A document in the data of each event. `[DONE]` is no JSON and passes without a trace. */
export class SseFraming implements Framing, SseSink {
  errorType: string | null = null
  private readonly lines: SseLines
  private readonly repeat: EventRepeat
  private chunk: Uint8Array | null = null
  /** In the chunk, where the event at hand begins; −1 where that was in another. */
  private eventStart = -1

  constructor(private readonly scanner: JsonScanner) {
    this.lines = new SseLines(this)
    this.repeat = new EventRepeat(scanner.words)
  }

  push(chunk: Uint8Array): void {
    this.chunk = chunk
    this.lines.push(chunk)
    this.chunk = null
    this.eventStart = -1
  }

  passEvents(chunk: Uint8Array, from: number): number {
    this.eventStart = this.repeat.pass(chunk, from)
    return this.eventStart
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

  endEvent(at: number): void {
    if (this.chunk !== null) this.repeat.learn(this.chunk, this.eventStart, at)
    this.scanner.endDocument()
  }
}
