import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Secret } from '@keylease/shared/secret'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLog } from './log'
import { openLogFile } from './log/file'
import { gatherLines } from './log/gathered'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keylease log '))
})
afterEach(() => rmSync(directory, { recursive: true }))

const logged = async (write: (log: ReturnType<typeof createLog>) => void) => {
  const file = join(directory, 'logs', 'keylease.log')
  write(createLog({ to: { file } }))
  await setImmediate()
  return readFileSync(file, 'utf8')
}

describe('log', () => {
  it.each([
    ['authorization', { headers: { authorization: 'canary' } }],
    ['a cookie', { request: { headers: { 'set-cookie': ['canary'], Cookie: 'canary' } } }],
    ['a password', { a: { b: { c: { dbPassword: 'canary' } } } }],
    ['a token', [{ access_token: 'canary' }]],
    ['a key', { apiKey: 'canary', 'x-api-key': 'canary' }],
    ['a Secret', { value: new Secret('canary') }],
    ['a URL with a password', { text: 'postgresql://user:canary@127.0.0.1/db' }],
    ['a key in a text', { text: 'refused sk-proj-canary0123456789' }],
    ['bytes', { value: Buffer.from('canary') }],
  ])('never holds %s', async (_, detail) => {
    expect(await logged((log) => log.info({ detail }, 'hello'))).not.toMatch(/canary|"data":\[99/)
  })

  it('keeps what an error is and where it was thrown, and nothing that hangs on it', async () => {
    const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' })
    const error = Object.assign(new Error('invalid input syntax for type uuid: "canary"', { cause }), {
      parameters: ['canary'],
      detail: 'canary',
    })
    const line = JSON.parse(await logged((log) => log.error({ err: error }, 'failed')))
    expect(JSON.stringify(line)).not.toContain('canary')
    expect(line).toMatchObject({
      level: 'error',
      msg: 'failed',
      err: { type: 'Error', cause: { code: 'ECONNREFUSED', message: 'connect refused' } },
    })
    expect(line.err.stack).toContain('log.test.ts')
  })

  it('keeps ids that only name a key', async () => {
    expect(await logged((log) => log.info({ keyId: 'pky_1', requestId: 'req_1' }))).toContain('pky_1')
  })

  it('writes the lines of one turn at once, and a fatal one before it returns', async () => {
    const written: string[] = []
    const lines = gatherLines({ write: (text) => void written.push(text) })
    for (const line of ['one\n', 'two\n']) lines.write(line)
    expect(written).toEqual([])
    await setImmediate()
    expect(written).toEqual(['one\ntwo\n'])
    const file = join(directory, 'fatal.log')
    createLog({ to: { file } }).fatal('the end')
    expect(readFileSync(file, 'utf8')).toContain('the end')
  })

  it('loses no line of a process that exits', () => {
    const module = new URL('log/gathered.ts', import.meta.url).href
    const program = `import { writeSync } from 'node:fs'; import { gatherLines } from '${module}'
      gatherLines({ write: (text) => void writeSync(1, text) }).write('last'); process.exit(3)`
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    expect({ stdout, status }).toEqual({ stdout: 'last', status: 3 })
  })

  it('rotates by size and drops the oldest file', async () => {
    const file = join(directory, 'small.log')
    const destination = openLogFile(file, { rotateAtBytes: 100, keep: 3 })
    for (let line = 0; line < 12; line++) {
      destination.write(`${String(line).padEnd(59, '.')}\n`)
      await setImmediate()
      await setImmediate()
    }
    destination.end()
    expect(readdirSync(directory).sort()).toEqual(['small.log', 'small.log.1', 'small.log.2'])
    expect(readFileSync(`${file}.2`, 'utf8')).toMatch(/^8\./)
    expect(statSync(`${file}.1`).mode & 0o777).toBe(0o600)
  })
})
