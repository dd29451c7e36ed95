import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { toAnswerBytes, type WireCase, wireCases } from '@keylease/shared/providers/fixtures/wire-cases'

/** What the edge does with one request. */
export type Act = (response: ServerResponse) => void

interface Heard {
  path: string
  headers: IncomingMessage['headers']
  body: string
  /** Settles once the connection of this request is gone or done. */
  closed: Promise<unknown>
}

/** A provider on loopback that answers with recorded wires, one act for each request; what nobody ordered is refused. */
export interface Edge {
  origin: string
  heard: Heard[]
  order(...acts: Act[]): void
  /** What was heard and ordered so far. */
  forget(): void
  close(): Promise<void>
}

export async function createEdge(): Promise<Edge> {
  const acts: Act[] = []
  const heard: Heard[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { url = '', headers } = request
      heard.push({ path: url, headers, body: Buffer.concat(chunks).toString('utf8'), closed: once(response, 'close') })
      const act = acts.shift() ?? fail(418, { error: { message: `Nothing was ordered for ${request.method} ${url}.` } })
      act(response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    heard,
    order: (...more) => void acts.push(...more),
    forget() {
      acts.length = 0
      heard.length = 0
    },
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  }
}

export function findWire(name: string): WireCase {
  const found = wireCases.find((one) => one.name === name)
  if (!found) throw new Error(`There is no recorded wire ${name}.`)
  return found
}

/** The whole recorded answer. */
export function answer(name: string): Act {
  const wire = findWire(name)
  return (response) => void begin(response, wire).end(toAnswerBytes(wire))
}

/** The beginning of a recorded stream, and then nothing more. */
export function hang(name: string): Act {
  const wire = findWire(name)
  return (response) => void begin(response, wire).write(takeBeginning(wire))
}

/** The beginning of a recorded stream, and then a lost connection. */
export function cut(name: string): Act {
  const wire = findWire(name)
  return (response) => void begin(response, wire).write(takeBeginning(wire), () => response.destroy())
}

export const fail =
  (status: number, body: object): Act =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const begin = (response: ServerResponse, { wire: { answer: told } }: WireCase): ServerResponse =>
  response.writeHead(told.status, told.headers)

/** All but the last piece that tells the usage: two events at most. */
function takeBeginning(one: WireCase): Uint8Array {
  const { events } = one.wire.answer
  if (events) return new TextEncoder().encode(events.slice(0, Math.min(2, events.length - 1)).join(''))
  const bytes = toAnswerBytes(one)
  return bytes.slice(0, new DataView(bytes.buffer).getUint32(0))
}
