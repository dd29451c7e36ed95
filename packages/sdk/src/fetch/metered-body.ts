import type { UsageEventFilter } from '@keylease/shared/metering/hide-usage-event'
import type { AnswerEnd } from '@keylease/shared/metering/reading'
import type { AnswerTaker } from './late-reader'
import type { LinkedAbort } from './linked-abort'
import { PulledStream, type ReadResult, type Source } from './pulled-stream'
import { type Watch, watchUnread } from './unread'

/** Hears how an answer goes. */
export interface AnswerListener {
  firstByte(): void
  end(how: AnswerEnd, error?: unknown): void
}

/**
 * The body as it arrives, read as it passes: nothing is fetched that the caller does not ask for, and what it leaves is left at once. It
 * is read in one of two ways: as a stream, or whole, which spares a stream that nobody looks at. One of them, and once.
 */
export class MeteredBody implements Source {
  readonly #source: ReadableStreamDefaultReader<Uint8Array>
  readonly #taker: AnswerTaker
  /** Takes away what the answer holds only because we asked for it. */
  readonly #filter: UsageEventFilter | null
  readonly #link: LinkedAbort
  readonly #listener: AnswerListener
  #isEnded = false
  #isBegun = false
  #isTouched = false
  /** Its pieces go to nobody else. */
  #isOurs = false
  #watch: Watch | null = null

  constructor(
    body: ReadableStream<Uint8Array>,
    taker: AnswerTaker,
    filter: UsageEventFilter | null,
    link: LinkedAbort,
    listener: AnswerListener,
  ) {
    this.#source = body.getReader()
    this.#taker = taker
    this.#filter = filter
    this.#link = link
    this.#listener = listener
    const stop = () => this.#end('aborted', link.signal.reason)
    if (link.signal.aborted) stop()
    else link.hear(stop)
  }

  /** Somebody has read of it, or left it. */
  get isTouched(): boolean {
    return this.#isTouched
  }

  openStream(): ReadableStream<Uint8Array> {
    const stream = new PulledStream(this)
    this.watch(stream)
    return stream
  }

  async readAll(): Promise<Uint8Array[]> {
    this.#unwatch()
    this.#isOurs = true
    const all: Uint8Array[] = []
    try {
      while (this.take(await this.read(), all));
    } catch (error) {
      this.fail(error)
      throw error
    }
    this.complete()
    return all
  }

  /** Leaves the provider once this was let go of, while neither was asked for. */
  watch(answer: WeakKey): void {
    this.#unwatch()
    if (!this.#isEnded) this.#watch = watchUnread(answer, () => void this.leave().catch(() => undefined))
  }

  read(): Promise<ReadResult> {
    this.#isTouched = true
    return this.#source.read()
  }

  take({ done, value }: ReadResult, pieces: Uint8Array[]): boolean {
    if (done) {
      if (this.#filter) pieces.push(...this.#filter.end())
      return false
    }
    if (!this.#isBegun) this.#listener.firstByte()
    this.#isBegun = true
    if (!this.#isEnded) this.#take(value)
    if (this.#filter === null || this.#filter.passes(value)) pieces.push(value)
    else pieces.push(...this.#filter.push(value))
    return true
  }

  complete(): void {
    this.#end('complete')
  }

  fail(error: unknown): void {
    this.#end(this.#link.signal.aborted ? 'aborted' : 'broken', error)
  }

  leave(reason?: unknown): Promise<void> {
    this.#isTouched = true
    this.#end('aborted')
    return this.#source.cancel(reason)
  }

  #take(piece: Uint8Array): void {
    if (this.#isOurs) this.#taker.keep(piece)
    else this.#taker.push(piece)
  }

  #end(how: AnswerEnd, error?: unknown): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#link.unlink()
    this.#unwatch()
    this.#listener.end(how, error)
  }

  #unwatch(): void {
    this.#watch?.stop()
    this.#watch = null
  }
}
