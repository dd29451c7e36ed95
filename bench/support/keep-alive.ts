import { once } from 'node:events'
import { connect } from 'node:net'

/** One HTTP/1.1 connection that is kept: as cheap a client as there is, so that its share of the machine is small. */
export interface KeepAlive {
  post(path: string, token: string, body: string): Promise<{ status: number; body: string }>
  close(): void
}

/** For answers with a Content-Length, as ours have. */
export async function openKeepAlive(origin: string): Promise<KeepAlive> {
  const { hostname, port, host } = new URL(origin)
  const socket = connect(Number(port), hostname).setNoDelay()
  await once(socket, 'connect')
  let received = Buffer.alloc(0)
  let waiting: { resolve(answer: { status: number; body: string }): void; reject(error: Error): void } | null = null

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
    post: (path, token, body) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed || socket.readableEnded) return reject(new Error('The connection is closed.'))
        waiting = { resolve, reject }
        const length = Buffer.byteLength(body)
        const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${length}`
        socket.write(`${head}\r\n\r\n${body}`)
      }),
    close: () => socket.destroy(),
  }
}

function readAnswer(bytes: Buffer): { status: number; body: string; length: number } | null {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return null
  const head = bytes.toString('latin1', 0, headEnd)
  const bodyLength = Number(/content-length: (\d+)/i.exec(head)?.[1])
  if (Number.isNaN(bodyLength)) throw new Error(`An answer without a length cannot be read: ${head}`)
  const length = headEnd + 4 + bodyLength
  return bytes.length < length ? null : { status: Number(head.slice(9, 12)), body: bytes.toString('utf8', headEnd + 4, length), length }
}
