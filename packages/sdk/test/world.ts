import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import { MemoryService } from '../src/testing/service'
import { makeDirectory } from './directory'

type Respond = (request: IncomingMessage, body: Buffer, response: ServerResponse) => Promise<void> | void

/** A service and a provider on loopback, for agents in processes of their own. */
export async function startWorld() {
  const served: string[] = []
  const credentials = new Set<string>()
  const provider = await listen(({ headers }, _, response) => {
    const id = `chatcmpl-${served.length + 1}`
    served.push(id)
    credentials.add(String(headers.authorization ?? headers['x-api-key']))
    setTimeout(() => answer(response, 200, completion(id)), Math.random() * 15)
  })
  const service = new MemoryService({ baseUrl: `${provider}/v1` })
  const state = { isAway: false, failures: 0 }
  const url = await listen(async (request, body, response) => {
    if (request.url === '/v1/events') return void response.writeHead(204).end()
    if (request.url === '/v1/traces' && (state.isAway || Math.random() < state.failures)) return answer(response, 503, { message: 'away' })
    const { status, text } = await ask(service, request, body)
    response.writeHead(status, { 'content-type': 'application/json' }).end(text)
  })
  return { service, served, credentials, state, url, ...(await buildPrograms(url)) }
}

async function ask(service: MemoryService, { method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer) {
  const encoding = headers['content-encoding']
  const init = {
    method,
    body: body.byteLength > 0 ? new Uint8Array(body) : null,
    headers: encoding ? { 'content-encoding': encoding } : {},
  }
  const response = await service.respond(new Request(`http://service.test${url}`, init))
  return { status: response.status, text: await response.text() }
}

async function listen(respond: Respond): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    await respond(request, Buffer.concat(chunks), response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answer = (response: ServerResponse, status: number, body: object) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const completion = (id: string) => ({
  id,
  model: 'gpt-5-mini',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello' } }],
  usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
})

/** The programs as they would be published, in pieces that load when they are needed. */
async function buildPrograms(url: string) {
  const directory = makeDirectory()
  await build({
    entryPoints: { agent: join(import.meta.dirname, 'agent.ts'), run: join(import.meta.dirname, '../src/run/run.ts') },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  })
  const start = (command: string, parameters: readonly string[], env: Record<string, string>) =>
    watch(spawn(command, parameters, { env: { PATH: process.env['PATH'], KEYLEASE_URL: url, KEYLEASE_TOKEN: 'test-token', ...env } }))
  const agent = join(directory, 'agent.mjs')
  return {
    startAgent: (env: Record<string, string> = {}) => start(process.execPath, [agent], env),
    /** With files that end early, as those of a full disk do. */
    startLimitedAgent: (blocks: number, env: Record<string, string>) =>
      start('sh', ['-c', 'ulimit -f "$0" && exec "$@"', String(blocks), process.execPath, agent], env),
    /** `keylease run` and what follows. */
    startRun: (parameters: readonly string[], env: Record<string, string> = {}) =>
      start(process.execPath, [join(directory, 'run.mjs'), 'run', ...parameters], env),
  }
}

export interface Program {
  child: ChildProcess
  /** What it wrote so far. */
  readonly output: string
  readonly complaints: string
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

function watch(child: ChildProcess): Program {
  onTestFinished(() => void child.kill('SIGKILL'))
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk) => {
      texts[name] += String(chunk)
    })
  }
  return {
    child,
    get output() {
      return texts.stdout
    },
    get complaints() {
      return texts.stderr
    },
    ended: once(child, 'close').then(([code, signal]) => ({ code, signal })),
  }
}
