import { once } from 'node:events'
import { connect } from 'node:net'

/** One HTTP/1.1 connection that is kept: as cheap a client as there is, so that its share of the machine is small. */
export interface KeepAlive {
  /** Sends a request that toRequest wrote, and reads the answer. */
  send(request: Buffer): Promise<Answer>
  close(): void
}

export interface Answer {
  status: number
  /** Made into text only where somebody wants to read it. */
  readBody(): string
}

/** A whole request as bytes, so that one that is sent often is written once. */
export function toRequest(origin: string, path: string, token: string, body: string): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nhost: ${new URL(origin).host}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json`
  return Buffer.from(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

/** For answers with a Content-Length, as ours have. */
export async function openKeepAlive(origin: string): Promise<KeepAlive> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname).setNoDelay()
  await once(socket, 'connect')
  let received = Buffer.alloc(0)
  let waiting: { resolve(answer: Answer): void; reject(error: Error): void } | null = null

  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const answer = readAnswer(received)
    if (!answer || !waiting) return
    received = received.subarray(answer.length)
    const { resolve } = waiting
    waiting = null
    resolve(answer)
  })
  for (const event of ['error', 'close'] as const) socket.on(event, () => waiting?.reject(new Error('The connection was closed.')))

  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed || socket.readableEnded) return reject(new Error('The connection is closed.'))
        waiting = { resolve, reject }
        socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}

const lengthName = 'content-length: '

function readAnswer(bytes: Buffer): (Answer & { length: number }) | null {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return null
  const head = bytes.toString('latin1', 0, headEnd).toLowerCase()
  const at = head.indexOf(lengthName)
  if (at === -1) throw new Error(`An answer without a length cannot be read: ${head}`)
  const length = headEnd + 4 + Number.parseInt(head.slice(at + lengthName.length), 10)
  if (bytes.length < length) return null
  return { status: Number(head.slice(9, 12)), readBody: () => bytes.toString('utf8', headEnd + 4, length), length }
}
