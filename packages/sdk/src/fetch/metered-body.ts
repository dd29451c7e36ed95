import type { AnswerReader } from '@keylease/shared/metering/answer-reader'
import type { UsageEventFilter } from '@keylease/shared/metering/hide-usage-event'
import type { AnswerEnd } from '@keylease/shared/metering/reading'
import type { LinkedAbort } from './linked-abort'
import { openSource } from './open-source'
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
export class MeteredBody {
  readonly #source: ReadableStreamDefaultReader<Uint8Array>
  readonly #reader: AnswerReader
  /** Takes away what the answer holds only because we asked for it. */
  readonly #filter: UsageEventFilter | null
  readonly #link: LinkedAbort
  readonly #listener: AnswerListener
  #isEnded = false
  #isBegun = false
  #isTouched = false
  #watch: Watch | null = null

  constructor(
    body: ReadableStream<Uint8Array>,
    reader: AnswerReader,
    filter: UsageEventFilter | null,
    link: LinkedAbort,
    listener: AnswerListener,
  ) {
    this.#source = body.getReader()
    this.#reader = reader
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
    const stream = openSource(this)
    this.watch(stream)
    return stream
  }

  async readAll(): Promise<Uint8Array[]> {
    this.#unwatch()
    const all: Uint8Array[] = []
    try {
      while (await this.readNext(all));
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

  /** Puts what is there next behind the pieces; false at the end, after which nothing comes. */
  async readNext(pieces: Uint8Array[]): Promise<boolean> {
    this.#isTouched = true
    const { done, value } = await this.#source.read()
    if (done) {
      if (this.#filter) pieces.push(...this.#filter.end())
      return false
    }
    if (!this.#isBegun) this.#listener.firstByte()
    this.#isBegun = true
    if (!this.#isEnded) this.#reader.push(value)
    if (this.#filter) pieces.push(...this.#filter.push(value))
    else pieces.push(value)
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
