import type { Source } from './pulled-stream'

type Piece = Uint8Array<ArrayBuffer>
type Result = IteratorResult<Piece>

/** The pieces of a stream, read from its source. The stream is locked as long, and ends with it. */
export class PieceIterator implements ReadableStreamAsyncIterator<Piece> {
  readonly #source: Source
  readonly #controller: ReadableStreamDefaultController<Uint8Array>
  /** Null once there is nothing more to read. */
  #lock: ReadableStreamDefaultReader<Uint8Array> | null
  readonly #pieces: Uint8Array[] = []
  /** What was asked for and is not answered yet: so many, and the last of them. */
  #asked = 0
  #last: Promise<unknown> | null = null

  constructor(source: Source, lock: ReadableStreamDefaultReader<Uint8Array>, controller: ReadableStreamDefaultController<Uint8Array>) {
    this.#source = source
    this.#lock = lock
    this.#controller = controller
  }

  next(): Promise<Result> {
    if (this.#asked > 0) return this.#inTurn(() => this.#read())
    this.#asked++
    const mine = this.#read()
    this.#last = mine
    return mine
  }

  return(reason?: unknown): Promise<Result> {
    return this.#inTurn(() => this.#leave(reason))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #inTurn(act: () => Promise<Result>): Promise<Result> {
    const mine = this.#asked++ === 0 || this.#last === null ? act() : this.#last.then(act, act)
    this.#last = mine
    return mine
  }

  async #read(): Promise<Result> {
    const pieces = this.#pieces
    try {
      while (pieces.length === 0 && this.#lock !== null) if (!this.#source.take(await this.#source.read(), pieces)) this.#complete()
    } catch (error) {
      this.#source.fail(error)
      this.#controller.error(error)
      this.#unlock()
      throw error
    } finally {
      this.#asked--
    }
    const value = pieces.shift()
    return value === undefined ? { done: true, value } : { done: false, value: value as Piece } // fetch makes no others
  }

  async #leave(reason: unknown): Promise<Result> {
    this.#pieces.length = 0
    try {
      await this.#lock?.cancel(reason)
    } finally {
      this.#unlock()
      this.#asked--
    }
    return { done: true, value: reason }
  }

  /** To leave a stream that is over marks it as read, as reading it would. */
  #complete(): void {
    this.#source.complete()
    void this.#lock?.cancel()
    this.#unlock()
  }

  #unlock(): void {
    this.#lock?.releaseLock()
    this.#lock = null
  }
}
