import type { AnswerReader } from '@keylease/shared/metering/answer-reader'
import type { UsageEventFilter } from '@keylease/shared/metering/hide-usage-event'
import type { AnswerEnd } from '@keylease/shared/metering/reading'

interface Metered {
  reader: AnswerReader
  /** Takes away what the answer holds only because we asked for it. */
  filter: UsageEventFilter | null
  signal: AbortSignal
  onFirstByte(): void
  /** Called once, however the answer ends. */
  onEnd(how: AnswerEnd, error?: unknown): void
}

/** The body as it arrives, read as it passes: nothing is fetched that the caller does not ask for, and what it leaves is left at once. */
export function meterBody(
  body: ReadableStream<Uint8Array>,
  { reader, filter, signal, onFirstByte, onEnd }: Metered,
): ReadableStream<Uint8Array> {
  const source = body.getReader()
  let isEnded = false
  let isBegun = false
  const end = (how: AnswerEnd, error?: unknown) => {
    if (isEnded) return
    isEnded = true
    signal.removeEventListener('abort', stop)
    forgotten?.unregister(source)
    onEnd(how, error)
  }
  const stop = () => end('aborted', signal.reason)
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })

  const readNext = async (): Promise<Uint8Array[] | null> => {
    const { done, value } = await source.read()
    if (done) return null
    if (!isBegun) onFirstByte()
    isBegun = true
    if (!isEnded) reader.push(value)
    return filter ? filter.push(value) : [value]
  }

  const metered = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          // A piece that holds nothing for the caller is no answer to its pull.
          for (let pieces = await readNext(); ; pieces = await readNext()) {
            for (const piece of pieces ?? filter?.end() ?? []) controller.enqueue(piece)
            if (pieces === null) {
              end('complete')
              return controller.close()
            }
            if (pieces.length > 0) return
          }
        } catch (error) {
          end(signal.aborted ? 'aborted' : 'broken', error)
          controller.error(error)
        }
      },
      async cancel(reason) {
        end('aborted')
        await source.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  const leave = () => {
    end('aborted')
    source.cancel().catch(() => undefined)
  }
  if (!isEnded) forgotten?.register(metered, leave, source)
  return metered
}

/** An answer that its caller has let go of unread ends too. Some edge runtimes cannot say when. */
const forgotten = typeof FinalizationRegistry === 'undefined' ? null : new FinalizationRegistry<() => void>((leave) => leave())
