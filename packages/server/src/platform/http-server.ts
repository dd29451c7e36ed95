import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { getRequestListener } from '@hono/node-server'
import { type Env, StartError } from '../env'
import { answerAdapterError, answerClientError } from './bad-request'
import { toLocalUrl } from './bind'

export interface HttpServer {
  url: string
  /** Takes nothing new, closes idle sockets at once, lets requests in flight finish until the deadline. */
  close(deadlineMs: number): Promise<void>
}

type Fetch = Parameters<typeof getRequestListener>[0]

const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 15_000,
  requestTimeout: 60_000,
  // Longer than a balancer keeps its side, so that it never sends into a socket that just closed.
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 5_000,
  // The adapter refuses a missing Host in our own words.
  requireHostHeader: false,
}

export async function openHttpServer(env: Env, fetch: Fetch): Promise<HttpServer> {
  const server = createServer(env)
  const handle = getRequestListener(fetch, { errorHandler: answerAdapterError })
  server.on('request', (request, response) => void handle(request, response))
  server.on('clientError', answerClientError)
  const port = await listen(server, env)
  return { url: toLocalUrl(env, port), close: (deadlineMs) => closeServer(server, deadlineMs) }
}

function createServer(env: Env): http.Server | https.Server {
  const { certFile, keyFile } = env.tls
  if (certFile === undefined || keyFile === undefined) return http.createServer(limits)
  const cert = readPem('KEYLEASE_TLS_CERT', certFile)
  const key = readPem('KEYLEASE_TLS_KEY', keyFile)
  try {
    return https.createServer({ ...limits, cert, key })
  } catch (cause) {
    throw new StartError('KEYLEASE_TLS_CERT and KEYLEASE_TLS_KEY are not a PEM certificate and the private key that belongs to it.', {
      cause,
    })
  }
}

function readPem(variable: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new StartError(`${variable} names ${file}, which cannot be read: set it to a PEM file that this user may read.`, { cause })
  }
}

function listen(server: http.Server, env: Env): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explainBindError(error, env)))
    server.listen(env.port, env.host, () => {
      server.removeAllListeners('error')
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : env.port)
    })
  })
}

function explainBindError(error: NodeJS.ErrnoException, env: Env): Error {
  const { host, port } = env
  const sentences: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is taken; stop what listens there or set PORT to another.`,
    EACCES: `This user may not listen on port ${port} of ${host}; set PORT to 1024 or higher.`,
    EADDRNOTAVAIL: `HOST=${host} is not an address of this machine; set HOST to one that is.`,
    ENOTFOUND: `HOST=${host} is not known on this machine; set HOST to one of its addresses.`,
  }
  const sentence =
    sentences[error.code ?? ''] ??
    `Keylease cannot listen on port ${port} of ${host} (${error.code}); set HOST and PORT to what this machine allows.`
  return new StartError(sentence, { cause: error })
}

function closeServer(server: http.Server, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    // Node closes the idle sockets of this moment only; those that finish a request later are closed here.
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    const cut = setTimeout(() => server.closeAllConnections(), deadlineMs)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(cut)
      resolve()
    })
  })
}
