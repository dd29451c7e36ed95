import type { Log } from './log'

export interface FileAnswer {
  contentType: string
  fileName: string
  chunks: AsyncGenerator<string>
}

/** Sent while it is written, as fast as the caller reads. What fails on the way ends the transfer, so a part never passes for the whole. */
export function sendFile(log: Pick<Log, 'error'>, requestId: string, file: FileAnswer): Response {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await file.chunks.next()
        if (next.done) controller.close()
        else controller.enqueue(encoder.encode(next.value))
      } catch (error) {
        log.error({ requestId, err: error }, 'a file could not be sent to its end')
        controller.error(new Error('the file could not be sent to its end'))
      }
    },
    async cancel() {
      await file.chunks.return(undefined)
    },
  })
  const headers = { 'content-type': file.contentType, 'content-disposition': `attachment; filename="${file.fileName}"` }
  return new Response(body, { headers })
}
