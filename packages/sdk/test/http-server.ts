import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Seen {
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body: string
}

export type Handler = (seen: Seen, response: ServerResponse) => void | Promise<void>

export interface HttpServer {
  url: string
  requests: Seen[]
  /** How many connections are open now. */
  readonly connections: number
  close(): Promise<void>
}

/** A real server on loopback, at a port that the system chooses. */
export async function startHttpServer(handle: Handler): Promise<HttpServer> {
  const requests: Seen[] = []
  let connections = 0
  const server = createServer(async (request, response) => {
    response.on('error', () => undefined)
    const seen = await readRequest(request)
    requests.push(seen)
    await handle(seen, response)
  })
  server.on('connection', (socket) => {
    connections++
    socket.on('close', () => connections--)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get connections() {
      return connections
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function readRequest(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { method = 'GET', url = '/', headers } = request
  return { method, path: url, headers: headers as Record<string, string>, body: Buffer.concat(chunks).toString('latin1') }
}

export function answerJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

export const answerError = (response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void =>
  answerJson(response, status, { error: { code, message: `This is ${code}.`, requestId: 'req_1' } }, headers)
