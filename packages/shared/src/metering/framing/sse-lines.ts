import { byteAt, COLON, CR, hasBytes, LF, SPACE, toBytes } from '../bytes'
import { ByteOrderMark } from './byte-order-mark'
import { LineEnds } from './line-ends'
import { WordMatch } from './word-match'

export interface SseSink {
  /** A part of the data of the event; a line feed between its lines is a part of its own. */
  data(bytes: Uint8Array, from: number, to: number): void
  /** The event is named `error`. */
  error?(): void
  /** The blank line is over at this position. The line feed of a CRLF that chunks tear apart comes after it. */
  endEvent(at: number): void
  /** Where an event may begin: behind those that need no reading. */
  passEvents?(chunk: Uint8Array, from: number): number
}

const lineFeed = new Uint8Array([LF])
const dataStart = toBytes('data:')
const dataName = toBytes('data')
const eventName = toBytes('event')
const errorName = toBytes('error')

type Part = 'start' | 'field' | 'space' | 'value'

/** Server-sent events as https://html.spec.whatwg.org/multipage/server-sent-events.html reads them, whatever the chunks are. */
export class SseLines {
  private part: Part = 'start'
  private isData = false
  private hasData = false
  private isBetween = true
  private isAfterCr = false
  private readonly dataField = new WordMatch(dataName)
  private readonly eventField = new WordMatch(eventName)
  private readonly errorName = new WordMatch(errorName)
  private readonly ends = new LineEnds()
  private readonly mark = new ByteOrderMark()

  constructor(private readonly sink: SseSink) {}

  push(chunk: Uint8Array): void {
    this.ends.begin()
    let at = this.mark.skip(chunk)
    if (this.isAfterCr && at < chunk.length) {
      if (chunk[at] === LF) at++
      this.isAfterCr = false
    }
    if (this.isBetween) at = this.passEvents(chunk, at)
    while (at < chunk.length) at = this.readLine(chunk, at)
  }

  private readLine(chunk: Uint8Array, from: number): number {
    const end = this.ends.find(chunk, from)
    if (end > from) this.readPart(chunk, from, end)
    if (end === chunk.length) return end
    const isCr = byteAt(chunk, end) === CR
    this.isAfterCr = isCr && end + 1 === chunk.length
    const next = isCr && chunk[end + 1] === LF ? end + 2 : end + 1
    return this.endLine(chunk, next)
  }

  private passEvents(chunk: Uint8Array, from: number): number {
    return this.sink.passEvents === undefined ? from : this.sink.passEvents(chunk, from)
  }

  private readPart(chunk: Uint8Array, from: number, end: number): void {
    let at = from
    this.isBetween = false
    if (this.part === 'start') at = this.startLine(chunk, from, end)
    if (this.part === 'field') at = this.readField(chunk, at, end)
    if (at === end) return
    if (this.part === 'space' && byteAt(chunk, at) === SPACE) at++
    this.part = 'value'
    if (this.isData) this.sink.data(chunk, at, end)
    else this.errorName.push(chunk, at, end)
  }

  private startLine(chunk: Uint8Array, from: number, end: number): number {
    if (end - from >= dataStart.length && hasBytes(chunk, from, dataStart)) {
      this.startData()
      return from + dataStart.length
    }
    this.part = 'field'
    this.isData = false
    this.dataField.begin()
    this.eventField.begin()
    this.errorName.begin()
    return from
  }

  private readField(chunk: Uint8Array, from: number, end: number): number {
    let at = from
    while (at < end && byteAt(chunk, at) !== COLON) at++
    this.dataField.push(chunk, from, at)
    this.eventField.push(chunk, from, at)
    if (at === end) return end
    this.part = 'space'
    if (this.dataField.isWhole) this.startData()
    return at + 1
  }

  private startData(): void {
    this.part = 'space'
    this.isData = true
    if (this.hasData) this.sink.data(lineFeed, 0, 1)
    this.hasData = true
  }

  private endLine(chunk: Uint8Array, next: number): number {
    if (this.part === 'start') {
      this.sink.endEvent(next)
      this.hasData = false
      this.isBetween = true
      return this.isAfterCr ? next : this.passEvents(chunk, next)
    }
    if (!this.isData && this.eventField.isWhole && this.errorName.isWhole) this.sink.error?.()
    this.part = 'start'
    return next
  }
}
