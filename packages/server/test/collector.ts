import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A collector on loopback that keeps what it was sent, word for word. */
export async function createCollector(): Promise<{ url: string; readAll(): string; close(): Promise<void> }> {
  const bodies: Buffer[] = []
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(chunk)).on('end', () => response.writeHead(200).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    readAll: () => Buffer.concat(bodies).toString('utf8'),
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  }
}
