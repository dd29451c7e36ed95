import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net'

export interface Proxy {
  url: string
  /** Every connection breaks and new ones are refused, as when the server dies. */
  cut(): Promise<void>
  restore(): Promise<void>
  close(): Promise<void>
}

/** Stands between a test and Postgres, to take it away and give it back at the same address. */
export async function createProxy(url: string): Promise<Proxy> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const pass = (client: Socket) => {
    const upstream = connectTcp(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    }
    client.pipe(upstream).pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  }
  let server = createServer(pass)
  const port = await listen(server, 0)
  const cut = async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  const here = new URL(url)
  here.port = String(port)
  return {
    url: here.href,
    cut,
    async restore() {
      server = createServer(pass)
      await listen(server, port)
    },
    close: cut,
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}
