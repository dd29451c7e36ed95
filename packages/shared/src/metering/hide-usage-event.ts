import type { UsageOption } from '../providers/operation'
import { ByteCopy } from './byte-copy'
import { CR, LF } from './bytes'
import { SseLines, type SseSink } from './framing/sse-lines'
import { findUsageEvents, findUsualPlace } from './plain-events'
import { beginScanning, endScanning, type Scanning } from './scanning'

/** Passes server-sent events on, byte by byte as they came, but for the one that came only because we asked for usage. */
export interface UsageEventFilter {
  /** Whether a chunk goes on as it is, and need not be pushed. */
  passes(chunk: Uint8Array): boolean
  /** What may go on to the caller now: all but the beginning of an event that is not over. */
  push(chunk: Uint8Array): Uint8Array[]
  end(): Uint8Array[]
}

export const hideUsageEvent = (option: UsageOption): UsageEventFilter => new SseFilter(option)

/** An event that is larger than this is no usage alone, and passes. */
const MAX_HELD_BYTES = 64 * 1024

/** The first byte of a byte order mark. */
const markStart = 0xef

class SseFilter implements UsageEventFilter, SseSink {
  /** Made with the first event that takes a reading: most streams have one. */
  private lines: SseLines | null = null
  private scanning: Scanning | null = null
  private chunk: Uint8Array = new Uint8Array(0)
  private passed: Uint8Array[] = []
  /** In the chunk: what comes before was passed on or dropped; where the event at hand begins. */
  private from = 0
  private eventStart = 0
  private readonly held = new ByteCopy()
  private isBegun = false
  private isTooLarge = false
  /** The last event ended with the CR that the chunk ended with: a line feed that comes next is still of it. */
  private tornLineFeed: 'none' | 'pass' | 'drop' = 'none'

  constructor(private readonly option: UsageOption) {}

  passes(chunk: Uint8Array): boolean {
    return findUsualPlace(this.option).isFilled(chunk) && this.isBetween(chunk)
  }

  push(chunk: Uint8Array): Uint8Array[] {
    if (chunk.length === 0) return []
    const whole = this.isBetween(chunk) ? this.passWhole(chunk) : null
    if (whole !== null) return whole
    this.isBegun = true
    this.chunk = chunk
    this.passed = []
    const isTorn = this.tornLineFeed !== 'none' && chunk[0] === LF
    this.from = isTorn && this.tornLineFeed === 'drop' ? 1 : 0
    this.eventStart = isTorn ? 1 : 0
    this.tornLineFeed = 'none'
    this.lines ??= new SseLines(this)
    this.lines.push(chunk)
    this.pass(this.from, this.isTooLarge ? chunk.length : this.eventStart)
    if (!this.isTooLarge) this.holdRest()
    return this.passed
  }

  end(): Uint8Array[] {
    this.passed = []
    if (!this.isOnlyUsage()) this.passHeld()
    if (this.scanning !== null) endScanning(this.option.captures, this.scanning)
    this.scanning = null
    return this.passed
  }

  data(bytes: Uint8Array, from: number, to: number): void {
    this.scanning ??= beginScanning(this.option.captures)
    this.scanning.scanner.push(bytes, from, to)
  }

  endEvent(at: number): void {
    const isSmall = !this.isTooLarge && this.held.length + at - this.eventStart <= MAX_HELD_BYTES
    const isDropped = isSmall && this.isOnlyUsage()
    if (isDropped) {
      this.pass(this.from, this.eventStart)
      this.held.length = 0
      this.from = at
    } else this.passHeld()
    if (at === this.chunk.length && this.chunk[at - 1] === CR) this.tornLineFeed = isDropped ? 'drop' : 'pass'
    this.eventStart = at
    this.isTooLarge = false
    this.scanning?.record.clear()
    this.scanning?.scanner.endDocument()
  }

  /** Of whole events. */
  private isBetween(chunk: Uint8Array): boolean {
    const { length } = chunk
    // A mark before the first event is no part of it.
    const isBetween = (this.isBegun || chunk[0] !== markStart) && this.held.length === 0
    return isBetween && !this.isTooLarge && this.tornLineFeed === 'none' && chunk[length - 1] === LF && chunk[length - 2] === LF
  }

  /** Null where it takes a reading. */
  private passWhole(chunk: Uint8Array): Uint8Array[] | null {
    const dropped = chunk.length > MAX_HELD_BYTES ? null : findUsageEvents(chunk, this.option)
    if (dropped === null || dropped.length === 0) return dropped && [chunk]
    this.chunk = chunk
    this.passed = []
    this.from = 0
    for (const { from, to } of dropped) {
      this.pass(this.from, from)
      this.from = to
    }
    this.pass(this.from, chunk.length)
    return this.passed
  }

  private isOnlyUsage(): boolean {
    const { scanning } = this
    return scanning?.scanner.isWhole === true && this.option.isOnlyUsage(scanning.record.read())
  }

  private holdRest(): void {
    const { chunk, eventStart } = this
    if (this.held.length + chunk.length - eventStart <= MAX_HELD_BYTES) {
      this.held.append(chunk, eventStart, chunk.length, MAX_HELD_BYTES)
      return
    }
    this.isTooLarge = true
    this.passHeld()
    this.pass(eventStart, chunk.length)
  }

  private pass(from: number, to: number): void {
    if (to > from) this.passed.push(this.chunk.subarray(from, to))
  }

  private passHeld(): void {
    if (this.held.length > 0) this.passed.push(this.held.bytes.slice(0, this.held.length))
    this.held.length = 0
  }
}
