import type { ReadResult, Source } from './pulled-stream'

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

  /** Made once: each piece costs no more than one promise. */
  readonly #took = (result: ReadResult) => this.#take(result)
  readonly #failed = (error: unknown) => this.#fail(error)

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

  #read(): Promise<Result> {
    if (this.#pieces.length > 0 || this.#lock === null) return Promise.resolve(this.#answer(null))
    return this.#source.read().then(this.#took, this.#failed)
  }

  #take(result: ReadResult): Result | Promise<Result> {
    try {
      if (!this.#source.take(result, this.#pieces)) this.#complete()
    } catch (error) {
      this.#fail(error)
    }
    // A piece that holds nothing for the caller is no answer.
    return this.#pieces.length === 0 && this.#lock !== null ? this.#read() : this.#answer(result)
  }

  /** With what was read itself, where all of it is the caller's. */
  #answer(result: ReadResult | null): Result {
    this.#asked--
    const value = this.#pieces.shift()
    if (value === undefined) return { done: true, value }
    return (value === result?.value ? result : { done: false, value }) as Result // fetch makes no other pieces
  }

  #fail(error: unknown): never {
    this.#asked--
    this.#source.fail(error)
    this.#controller.error(error)
    this.#unlock()
    throw error
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

  /** To leave a stream that is over marks it as read, as reading it would, and asks nobody. */
  #complete(): void {
    this.#source.complete()
    this.#controller.close()
    void this.#lock?.cancel()
    this.#unlock()
  }

  #unlock(): void {
    this.#lock?.releaseLock()
    this.#lock = null
  }
}
