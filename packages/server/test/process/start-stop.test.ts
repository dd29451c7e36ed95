import { request } from 'node:http'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { toSpan, toTraces } from '../otlp-spans'
import { createServiceRunner, isRunning, postmasterPid, sendJson } from './service'

const runner = createServiceRunner()
const token = 'process-test-token-of-32-characters-or-more'

const start = (dataDir: string) => runner.up({ KEYLEASE_DATA_DIR: dataDir, KEYLEASE_BOOTSTRAP_TOKEN: token })

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

describe('start and stop', () => {
  it('keeps all data over a stop and a second start', async () => {
    const dataDir = runner.newDataDir()
    const first = start(dataDir)
    const created = await sendJson(`${await first.url}/api/v1/projects`, token, { name: 'kept' })
    expect(created.status).toBe(201)
    first.child.kill('SIGTERM')
    await first.exited

    const second = start(dataDir)
    const list = await sendJson(`${await second.url}/api/v1/projects`, token)
    expect(await list.json()).toMatchObject({ total: 1, items: [{ name: 'kept' }] })
    expect((await fetch(`${await second.url}/readyz`)).status).toBe(200)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s with exit code 0, a free port and no process', async (signal) => {
    const dataDir = runner.newDataDir()
    const service = start(dataDir)
    const url = await service.url
    const postgres = postmasterPid(dataDir)
    service.child.kill(signal)
    expect(await service.exited).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(isRunning(postgres)).toBe(false)
    expect(await isFree(Number(new URL(url).port))).toBe(true)
  })

  it('takes the same request to stop from two senders as one', async () => {
    const service = start(runner.newDataDir())
    await service.url
    service.child.kill('SIGINT')
    service.child.kill('SIGTERM')
    expect((await service.exited).code).toBe(0)
  })

  it('finishes a request in flight before it ends', async () => {
    const service = start(runner.newDataDir())
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
    const pending = request(`${await service.url}/api/v1/projects`, { method: 'POST', headers })
    const answered = new Promise<number | undefined>((resolve, reject) => {
      pending.once('response', (response) => resolve(response.resume().statusCode)).once('error', reject)
    })
    await new Promise<void>((resolve) => pending.write('{"name":', () => resolve()))
    service.child.kill('SIGTERM')
    pending.end('"late"}')
    expect(await answered).toBe(201)
    expect((await service.exited).code).toBe(0)
  })

  it('reads a large report in a thread of its own, which ends with it', async () => {
    const service = start(runner.newDataDir())
    const report = toTraces(...Array.from({ length: 2_000 }, () => toSpan({ 'http.route': '/' })))
    expect(JSON.stringify(report).length).toBeGreaterThan(256 * 1024)
    const answer = await sendJson(`${await service.url}/v1/traces`, token, report)
    expect([answer.status, await answer.json()]).toEqual([200, {}])
    service.child.kill('SIGTERM')
    expect((await service.exited).code).toBe(0)
  })

  it('stops everything when its launcher is gone', async () => {
    const dataDir = runner.newDataDir()
    const service = runner.run(['up'], { KEYLEASE_DATA_DIR: dataDir }, true)
    await service.url
    const postgres = postmasterPid(dataDir)
    service.child.disconnect()
    expect((await service.exited).code).toBe(0)
    expect(isRunning(postgres)).toBe(false)
  })

  it('never prints the token that it was given, and offers one when it was given none', async () => {
    const given = start(runner.newDataDir())
    const none = runner.up({ KEYLEASE_DATA_DIR: runner.newDataDir() })
    await Promise.all([given.url, none.url])
    given.child.kill('SIGTERM')
    none.child.kill('SIGTERM')
    expect((await given.exited).stdout).not.toContain(token)
    expect((await none.exited).stdout).toMatch(/export KEYLEASE_BOOTSTRAP_TOKEN=[\w-]{43} /)
  })
})
