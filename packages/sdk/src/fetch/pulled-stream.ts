import { PieceIterator } from './piece-iterator'

export type ReadResult = ReadableStreamReadResult<Uint8Array>

/** What a stream is read from, piece by piece. */
export interface Source {
  read(): Promise<ReadResult>
  /** Puts what was read behind the pieces, as far as its caller may have it; false at the end. */
  take(result: ReadResult, pieces: Uint8Array[]): boolean
  complete(): void
  fail(error: unknown): void
  leave(reason: unknown): Promise<void>
}

type Controller = ReadableStreamDefaultController<Uint8Array>
/** What was read or left in another way may lie in the queue of the stream. */
interface State {
  isBegun: boolean
}

type Piece = Uint8Array<ArrayBuffer>

/** A stream that asks for nothing before its reader does. Who iterates it reads the source itself: a second stream costs more than that. */
export class PulledStream extends ReadableStream<Piece> {
  readonly #source: Source
  readonly #controller: Controller | undefined
  readonly #state: State

  constructor(source: Source) {
    let opened: Controller | undefined
    const state: State = { isBegun: false }
    super(
      {
        start(controller) {
          opened = controller
        },
        pull(controller) {
          state.isBegun = true
          return pull(source, controller)
        },
        cancel(reason) {
          state.isBegun = true
          return source.leave(reason)
        },
      },
      { highWaterMark: 0 },
    )
    this.#source = source
    this.#controller = opened
    this.#state = state
  }

  override values(options?: ReadableStreamIteratorOptions): ReadableStreamAsyncIterator<Piece> {
    if (this.#state.isBegun || options?.preventCancel || this.#controller === undefined) return super.values(options)
    this.#state.isBegun = true
    return new PieceIterator(this.#source, this.getReader(), this.#controller)
  }

  override [Symbol.asyncIterator](options?: ReadableStreamIteratorOptions): ReadableStreamAsyncIterator<Piece> {
    return this.values(options)
  }
}

async function pull(source: Source, controller: Controller): Promise<void> {
  try {
    const pieces: Uint8Array[] = []
    let isMore = true
    // A piece that holds nothing for the caller is no answer to its pull.
    while (isMore && pieces.length === 0) isMore = source.take(await source.read(), pieces)
    for (const piece of pieces) controller.enqueue(piece)
    if (isMore) return
    source.complete()
    controller.close()
  } catch (error) {
    source.fail(error)
    controller.error(error)
  }
}
