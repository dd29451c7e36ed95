import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { endpoints } from '@keylease/shared/contracts/registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readAnswer } from '../../../test/answer'
import { fillIds } from '../../../test/examples'
import { createHarness, type Harness } from '../../../test/harness'
import { type PreparedExample, prepareExample } from '../../../test/people-examples'
import { testSize } from '../../../test/size'
import { createSnippets, type Snippets } from './snippets'

interface Passed {
  status: number
  body: string
  authorization: string | undefined
  cookie: string | undefined
}

const run = promisify(execFile)
const programs: Record<keyof Snippets, { command: string; file: string }> = {
  curl: { command: 'sh', file: 'snippet.sh' },
  typescript: { command: process.execPath, file: 'snippet.mts' },
  python: { command: 'python3', file: 'snippet.py' },
}
const languages = Object.keys(programs) as (keyof Snippets)[]
const needed = { curl: 'curl', typescript: process.execPath, python: 'python3' } as const
const isHere = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0

let harness: Harness
let service: { url: string; close(): Promise<void> }
let recorder: Server
let recorderUrl: string
let directory: string
let passed: Passed[] = []
let prepared: PreparedExample

beforeAll(async () => {
  harness = await createHarness()
  service = await harness.listen()
  recorder = createServer((request, response) => void forward(request, response))
  await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve))
  const address = recorder.address()
  recorderUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  directory = await mkdtemp(join(tmpdir(), 'keylease-snippets-'))
})

afterAll(async () => {
  await new Promise((resolve) => recorder?.close(resolve))
  await service?.close()
  await harness?.close()
  await rm(directory, { recursive: true, force: true })
})

/** Stands between a snippet and the service and notes what passed. */
async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { authorization, cookie, origin, 'content-type': contentType, 'x-keylease-step-up': stepUp } = request.headers
  // What a browser adds by itself, where no session is asked for and a challenge is answered.
  const cookies = cookie ?? prepared.cookies
  const answer = await fetch(service.url + request.url, {
    method: request.method ?? 'GET',
    redirect: 'manual',
    headers: {
      ...(authorization && { authorization }),
      ...(contentType && { 'content-type': contentType }),
      ...(!authorization && cookies && { cookie: cookies, origin: origin === undefined || origin === recorderUrl ? service.url : origin }),
      ...(stepUp && { 'x-keylease-step-up': String(stepUp) }),
    },
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  })
  const body = await readAnswer(answer)
  passed.push({ status: answer.status, body, authorization, cookie })
  response.writeHead(answer.status, { location: answer.headers.get('location') ?? '/', connection: 'close' }).end(body)
}

async function runSnippet(language: keyof Snippets, endpoint: Endpoint): Promise<Passed | undefined> {
  const { command, file } = programs[language]
  const path = join(directory, `${endpoint.id}-${file}`)
  prepared = await prepareExample(harness, endpoint, service.url)
  await writeFile(path, fillIds(createSnippets(endpoint, { url: 'http://127.0.0.1:1' })[language], prepared.words))
  passed = []
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    NO_PROXY: '127.0.0.1',
    KEYLEASE_URL: recorderUrl,
    KEYLEASE_TOKEN: prepared.token,
    KEYLEASE_SESSION: prepared.cookies,
    KEYLEASE_STEP_UP: prepared.stepUp,
  }
  await run(command, [path], { env, timeout: 20_000, maxBuffer: 16 * 1024 * 1024 })
  return passed[0]
}

/** Starting a program for each takes most of the time: beside curl, one operation of each shape stands for the others. */
function sampleFor(language: keyof Snippets): readonly Endpoint[] {
  if (language === 'curl' || testSize(0, 1) === 1) return endpoints
  return [...new Map(endpoints.toReversed().map((endpoint) => [shapeOf(endpoint), endpoint])).values()]
}

const shapeOf = ({ method, authentication, stepUp, request, response }: Endpoint) =>
  [method, authentication, stepUp, ...Object.keys(request), response.status, response.contentType].join(' ')

describe.each(languages)('the snippets in %s', (language) => {
  test.for(sampleFor(language))('call $id as its contract says', async (endpoint, { skip }) => {
    skip(!isHere(needed[language]), `${needed[language]} is not on this machine`)
    const first = await runSnippet(language, endpoint)
    expect(first?.status).toBe(endpoint.response.status)
    const { authentication } = endpoint
    expect(first?.authorization !== undefined, 'the token travels only where it is wanted').toBe(
      !['none', 'person'].includes(authentication),
    )
    expect(first?.cookie !== undefined, 'the session travels only where it is wanted').toBe(authentication === 'person')
    if (endpoint.response.schema) endpoint.response.schema.parse(JSON.parse(first?.body ?? ''))
  })
})

test('a snippet without its token fails and says why', async () => {
  const [endpoint] = endpoints
  if (!endpoint) throw new Error('There is no endpoint to call.')
  const path = join(directory, 'refused.mts')
  await writeFile(path, createSnippets(endpoint, { url: recorderUrl }).typescript)
  await expect(run(process.execPath, [path], { env: { KEYLEASE_TOKEN: 'wrong' } })).rejects.toThrow(/unauthenticated/)
})
