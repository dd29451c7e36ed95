import { createServer } from 'node:http'

interface Received {
  headers: Record<string, string | string[] | undefined>
  body: string
}

export interface Receiver {
  url: string
  received: Received[]
  /** How it answers from now on. */
  answer: { status: number; body?: string; headers?: Record<string, string>; hang?: boolean }
  close(): Promise<void>
}

/** Somebody's server that takes webhooks, on this machine. */
export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
      const { status, body = '', headers = {}, hang } = receiver.answer
      if (!hang) response.writeHead(status, headers).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const receiver: Receiver = {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/hook`,
    received,
    answer: { status: 204 },
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  }
  return receiver
}
