import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { makeDirectory } from '../test/directory'
import { answerJson, type HttpServer, startHttpServer } from '../test/http-server'
import { canary, type LeaseService, startLeaseService } from '../test/lease-service'

let service: LeaseService
let provider: HttpServer
beforeAll(async () => {
  service = await startLeaseService()
  provider = await startHttpServer((_, response) => answerJson(response, 200, { data: [] }))
  service.given = { baseUrl: `${provider.url}/v1` }
})
afterAll(() => Promise.all([service.close(), provider.close()]))

/** The program in a process of its own, as it would be published. */
async function runAgent(env: Record<string, string> = {}, flags: string[] = []) {
  const directory = makeDirectory()
  const entryPoints = { agent: join(import.meta.dirname, '../test/lonely-agent.ts') }
  const options = { bundle: true, splitting: true, format: 'esm', platform: 'node', logLevel: 'error' } as const
  await build({ ...options, entryPoints, outdir: directory, outExtension: { '.js': '.mjs' } })
  const child = spawn(process.execPath, [...flags, join(directory, 'agent.mjs')], {
    env: { KEYLEASE_URL: service.url, KEYLEASE_TOKEN: 'kl_test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    said.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    said.err += chunk
  })
  const startedAt = performance.now()
  const code = await new Promise((resolve) => child.on('close', resolve))
  return { ...said, code, tookMs: performance.now() - startedAt }
}

describe('a program that has nothing more to do', () => {
  it('ends by itself with leases held, timers set and the event stream open; its report is sent and nothing is printed', async () => {
    const before = service.count('traces')
    const { code, out, err, tookMs } = await runAgent()
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^200 /)
    expect(tookMs).toBeLessThan(4_000)
    expect(service.count('traces') - before).toBe(1)
  }, 20_000)

  it('ends by itself though the event stream never answers', async () => {
    service.on.events = () => undefined
    const { code, tookMs } = await runAgent()
    service.on = {}
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(4_000)
  }, 20_000)
})

it('after release, close and collection the key is nowhere in the heap', async () => {
  const path = join(makeDirectory(), 'heap.heapsnapshot')
  const { code, out, err } = await runAgent({ AGENT_SNAPSHOT: path, AGENT_CALLS: '3' }, ['--expose-gc'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain(createHash('sha256').update(canary).digest('hex'))
  const heap = readFileSync(path, 'utf8')
  // The token of the client that is still held shows that the heap is the right one.
  expect([heap.includes('kl_test'), heap.includes(canary)]).toEqual([true, false])
}, 30_000)
