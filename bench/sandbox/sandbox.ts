import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, composeAnswer, type ModelRequest } from './answer'
import { anthropicMessages } from './anthropic-messages'
import { openaiChat } from './openai-chat'
import { openaiResponses } from './openai-responses'
import type { Wire } from './wire'

export interface SandboxOptions {
  port?: number
  /** Before the first byte. */
  firstTokenMs?: number
  /** Between the events of a stream. */
  betweenTokensMs?: number
  outputTokens?: number
}

/** What was served, as a provider would bill it. */
export interface Served {
  requests: number
  inputTokens: number
  outputTokens: number
}

export interface Sandbox {
  /** Base URLs of keys: of OpenAI with `/v1` behind it, of Anthropic as it is. */
  origin: string
  served: Served
  close(): Promise<void>
}

const wires: Readonly<Record<string, Wire>> = {
  '/v1/chat/completions': openaiChat,
  '/v1/responses': openaiResponses,
  '/v1/messages': anthropicMessages,
}

/** A provider on loopback for whoever has no key: it takes any, and answers the same each time. */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const served: Served = { requests: 0, inputTokens: 0, outputTokens: 0 }
  const server = createServer((request, response) => {
    answerRequest(request, response, served, options).catch(() => response.destroy())
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    served,
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  }
}

async function answerRequest(request: IncomingMessage, response: ServerResponse, served: Served, options: SandboxOptions): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://sandbox')
  if (pathname === '/v1/models') return sendJson(response, 200, { object: 'list', data: [{ id: 'gpt-5-mini', object: 'model' }] })
  const wire = wires[pathname]
  if (request.method !== 'POST' || !wire) {
    return sendJson(
      response,
      404,
      openaiChat.toError(`The sandbox has no ${request.method} ${pathname}: it answers ${Object.keys(wires).join(', ')}.`),
    )
  }
  const bytes = await readBody(request)
  const { authorization, 'x-api-key': apiKey } = request.headers
  if (!authorization && !apiKey) return sendJson(response, 401, wire.toError('Send any key: the sandbox takes each of them.'))
  const body = parseBody(bytes)
  if (body === null) return sendJson(response, 400, wire.toError('The body is no JSON object.'))
  const answer = composeAnswer(body, bytes.length, options.outputTokens ?? 60, ++served.requests)
  if (options.firstTokenMs) await wait(options.firstTokenMs)
  count(served, answer)
  if (!answer.isStream) return sendJson(response, 200, wire.toBody(answer))
  await sendEvents(response, wire.toEvents(answer, { ...body }), options.betweenTokensMs ?? 0)
}

function count(served: Served, { inputTokens, outputTokens }: Answer): void {
  served.inputTokens += inputTokens
  served.outputTokens += outputTokens
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function sendEvents(response: ServerResponse, events: readonly string[], pauseMs: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  for (const event of events) {
    if (response.destroyed) return
    if (!response.write(event)) await Promise.race([once(response, 'drain'), once(response, 'close')])
    if (pauseMs > 0) await wait(pauseMs)
  }
  response.end()
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function parseBody(bytes: Buffer): ModelRequest | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
