import type { AnswerReader } from '@keylease/shared/metering/answer-reader'
import type { UsageEventFilter } from '@keylease/shared/metering/hide-usage-event'
import type { AnswerEnd } from '@keylease/shared/metering/reading'
import type { LinkedAbort } from './linked-abort'
import { watchUnread } from './unread'

interface Metered {
  reader: AnswerReader
  /** Takes away what the answer holds only because we asked for it. */
  filter: UsageEventFilter | null
  link: LinkedAbort
  onFirstByte(): void
  /** Called once, however the answer ends. */
  onEnd(how: AnswerEnd, error?: unknown): void
}

/** A body in one of two ways: as a stream, or whole, which spares a stream that nobody looks at. One of them, and once. */
export interface MeteredBody {
  openStream(): ReadableStream<Uint8Array>
  readAll(): Promise<Uint8Array[]>
  /** Leaves the provider once this was let go of, while neither was asked for. */
  watch(answer: WeakKey): void
}

/** The body as it arrives, read as it passes: nothing is fetched that the caller does not ask for, and what it leaves is left at once. */
export function meterBody(body: ReadableStream<Uint8Array>, { reader, filter, link, onFirstByte, onEnd }: Metered): MeteredBody {
  const source = body.getReader()
  let isEnded = false
  let isBegun = false
  let unwatch: () => void = () => undefined
  const end = (how: AnswerEnd, error?: unknown) => {
    if (isEnded) return
    isEnded = true
    link.unlink()
    unwatch()
    onEnd(how, error)
  }
  const { signal } = link
  const stop = () => end('aborted', signal.reason)
  if (signal.aborted) stop()
  else link.hear(stop)

  /** Null at the end, after which nothing comes. */
  const readNext = async (): Promise<Uint8Array[] | null> => {
    const { done, value } = await source.read()
    if (done) return null
    if (!isBegun) onFirstByte()
    isBegun = true
    if (!isEnded) reader.push(value)
    return filter ? filter.push(value) : [value]
  }
  const fail = (error: unknown) => end(signal.aborted ? 'aborted' : 'broken', error)
  const leave = (reason?: unknown) => {
    end('aborted')
    return source.cancel(reason)
  }
  const readAll = async () => {
    unwatch()
    const all: Uint8Array[] = []
    try {
      for (let pieces = await readNext(); pieces !== null; pieces = await readNext()) all.push(...pieces)
      all.push(...(filter?.end() ?? []))
    } catch (error) {
      fail(error)
      throw error
    }
    end('complete')
    return all
  }
  const watch = (answer: WeakKey) => {
    unwatch()
    if (!isEnded) unwatch = watchUnread(answer, () => void leave().catch(() => undefined))
  }
  const openStream = () => {
    const stream = toStream({ readNext, readRest: () => filter?.end() ?? [], complete: () => end('complete'), fail, leave })
    watch(stream)
    return stream
  }
  return { openStream, readAll, watch }
}

interface Source {
  readNext(): Promise<Uint8Array[] | null>
  readRest(): Uint8Array[]
  complete(): void
  fail(error: unknown): void
  leave(reason: unknown): Promise<void>
}

function toStream({ readNext, readRest, complete, fail, leave }: Source): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          // A piece that holds nothing for the caller is no answer to its pull.
          for (let pieces = await readNext(); ; pieces = await readNext()) {
            for (const piece of pieces ?? readRest()) controller.enqueue(piece)
            if (pieces === null) {
              complete()
              return controller.close()
            }
            if (pieces.length > 0) return
          }
        } catch (error) {
          fail(error)
          controller.error(error)
        }
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  )
}
