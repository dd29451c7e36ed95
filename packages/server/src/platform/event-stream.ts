/** One event stream, as bytes: what is sent to a caller who does not read ends it, so that nobody's silence fills our memory. */
export interface EventStream {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>
  send(text: string): void
  end(): void
}

const maximumWaitingBytes = 256 * 1024
const bytes = new TextEncoder()

export function createEventStream(onEnd: () => void): EventStream {
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined
  const end = () => {
    const open = controller
    if (!open) return
    controller = undefined
    open.close()
    onEnd()
  }
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(opened) {
        controller = opened
      },
      cancel() {
        if (!controller) return
        controller = undefined
        onEnd()
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: maximumWaitingBytes }),
  )
  return {
    body,
    send(text) {
      controller?.enqueue(bytes.encode(text))
      if ((controller?.desiredSize ?? 1) <= 0) end()
    },
    end,
  }
}

/** One event on the wire. JSON has no line breaks of its own. */
export function formatEvent(name: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
