import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { MemoryService } from '../../packages/sdk/src/testing/service'
import type { Counts, Place } from './stand-ins'
import { body, events } from './wire'

const counts: Counts = { service: 0, reports: 0, provider: 0 }

const pulseMs = 5_000

type Respond = (request: IncomingMessage, body: Buffer, response: ServerResponse) => Promise<void> | void

async function listen(respond: Respond): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => void respond(request, Buffer.concat(chunks), response))
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

function answerProvider(delayMs: number): Respond {
  return (_, asked, response) => {
    counts.provider++
    const isStream = asked.includes('"stream":true') || asked.includes('"stream": true')
    const answer = () => {
      if (!isStream) return void response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
      for (const event of events) response.write(event)
      response.end()
    }
    if (delayMs > 0) setTimeout(answer, delayMs)
    else answer()
  }
}

/** The stream of events, which stays open beside the calls: nothing is told, but that it is there. */
function keepOpen(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': welcome\n\n')
  const pulse = setInterval(() => response.write(': pulse\n\n'), pulseMs)
  response.on('close', () => clearInterval(pulse))
}

function answerService(service: MemoryService): Respond {
  return async ({ method = 'GET', url = '/' }, asked, response) => {
    if (url === '/v1/traces') {
      counts.reports++
      return void response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    }
    if (url === '/v1/events') return keepOpen(response)
    counts.service++
    const given = asked.length > 0 ? new Uint8Array(asked) : null
    const answer = await service.respond(new Request(`http://service.test${url}`, { method, body: given }))
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  }
}

async function open(delayMs: number): Promise<Place> {
  const baseUrl = `${await listen(answerProvider(delayMs))}/v1`
  return { delayMs, baseUrl, serviceUrl: await listen(answerService(new MemoryService({ baseUrl }))) }
}

const places = await Promise.all(process.argv.slice(2).map((delay) => open(Number(delay))))
process.on('message', () => process.send?.(counts))
process.on('disconnect', () => process.exit())
process.send?.(places)
