import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { readSpans, type WrittenSpan } from '../src/testing/spans'

/** How the next request is answered; without one, everything is taken. */
export interface Answer {
  status?: number
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** The connection breaks instead; `after` the spans were taken, or before. */
  isBroken?: 'before' | 'after'
}

/** An OTLP receiver on loopback that takes each (lease, sequence) once, as the service does. */
export async function startReceiver(port = 0) {
  const batches: WrittenSpan[][] = []
  const requests: IncomingMessage[] = []
  const answers: Answer[] = []
  let standing: Answer = {}
  const server = createServer((request, response) => void respond(request, response))

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    requests.push(request)
    const { status = 200, headers = {}, body = '{}', isBroken } = answers.shift() ?? standing
    if (isBroken === 'before') return void request.socket.destroy()
    if (status === 200) batches.push(readBatch(request, Buffer.concat(chunks)))
    if (isBroken === 'after') return void request.socket.destroy()
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
  }

  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    batches,
    answers,
    set standing(answer: Answer) {
      standing = answer
    },
    get spans() {
      return batches.flat()
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>

const inflaters: Record<string, (bytes: Buffer) => Buffer> = { zstd: zstdDecompressSync, gzip: gunzipSync }

const readBatch = ({ headers }: IncomingMessage, bytes: Buffer): WrittenSpan[] =>
  readSpans(inflaters[headers['content-encoding'] ?? '']?.(bytes) ?? bytes)
