/** What a stream is read from, piece by piece. */
export interface Source {
  /** Puts what is there next behind the pieces; false at the end. */
  readNext(pieces: Uint8Array[]): Promise<boolean>
  complete(): void
  fail(error: unknown): void
  leave(reason: unknown): Promise<void>
}

/** As a stream that asks for nothing before its reader does. */
export function openSource(source: Source): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const pieces: Uint8Array[] = []
          let isMore = true
          // A piece that holds nothing for the caller is no answer to its pull.
          while (isMore && pieces.length === 0) isMore = await source.readNext(pieces)
          for (const piece of pieces) controller.enqueue(piece)
          if (isMore) return
          source.complete()
          controller.close()
        } catch (error) {
          source.fail(error)
          controller.error(error)
        }
      },
      cancel: (reason) => source.leave(reason),
    },
    { highWaterMark: 0 },
  )
}
