import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, createServer as createListener, type Socket } from 'node:net'

/** pass: byte by byte. refuse: 503 in place of the service. forget: the service does what it is asked, and its answer is lost. */
export type RelayMode = 'pass' | 'refuse' | 'forget'

export interface Relay {
  url: string
  /** Connections that are open are cut. */
  turn(mode: RelayMode): void
  pointAt(serviceUrl: string): void
  readonly seen: Seen
  close(): Promise<void>
}

interface Seen {
  connections: number
  /** Of the service, by status. */
  answers: Record<string, number>
  refused: number
  forgotten: number
  /** Content-Type and Content-Encoding of what was sent, each pair once. */
  spoken: Set<string>
}

/** A stable address for a service that comes and goes, and the faults that lie between. */
export async function openRelay(): Promise<Relay> {
  const seen: Seen = { connections: 0, answers: {}, refused: 0, forgotten: 0, spoken: new Set() }
  const open = new Set<Socket>()
  const refuser = createRefuser(seen)
  let mode: RelayMode = 'pass'
  let port = 0
  const listener = createListener((client) => {
    seen.connections++
    keep(open, client)
    if (mode === 'refuse') refuser.emit('connection', client)
    else carry(client, keep(open, connect(port, '127.0.0.1')), seen, mode === 'forget')
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  const cut = () => open.forEach((socket) => void socket.destroy())
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    turn(next) {
      mode = next
      cut()
    },
    pointAt(serviceUrl) {
      port = Number(new URL(serviceUrl).port)
    },
    seen,
    async close() {
      cut()
      listener.close()
      await once(listener, 'close')
    },
  }
}

function carry(client: Socket, service: Socket, seen: Seen, isForgetful: boolean): void {
  client.on('data', (bytes) => {
    const head = readHead(bytes, 'POST ')
    if (head) seen.spoken.add(`${readHeader(head, 'content-type')}, ${readHeader(head, 'content-encoding')}`)
  })
  service.on('data', (bytes) => {
    const status = readHead(bytes, 'HTTP/1.1 ')?.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)
    if (status) seen.answers[status] = (seen.answers[status] ?? 0) + 1
    if (!isForgetful) return
    seen.forgotten++
    client.destroy()
  })
  client.pipe(service)
  if (!isForgetful) service.pipe(client)
  client.once('close', () => service.destroy())
  service.once('close', () => client.destroy())
}

/** Heads begin where a chunk does: both sides write one message after the other. */
const readHead = (bytes: Buffer, start: string): string | null =>
  bytes.toString('latin1', 0, start.length) === start ? bytes.toString('latin1', 0, Math.max(0, bytes.indexOf('\r\n\r\n'))) : null

const readHeader = (head: string, name: string): string => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim() ?? 'plain'

const createRefuser = (seen: Seen) =>
  createServer((request, response) => {
    request.resume().once('end', () => {
      seen.refused++
      response.writeHead(503, { 'retry-after': '1' }).end()
    })
  })

function keep(open: Set<Socket>, socket: Socket): Socket {
  open.add(socket)
  // A cut connection is what this is for.
  return socket.on('error', () => socket.destroy()).once('close', () => open.delete(socket))
}
