import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { withLogin } from '../../src/platform/postgres/url'
import { createBareDatabase, runOnce } from '../database'
import { createServiceRunner, type Exit, isRunning, postmasterPid } from './service'

const runner = createServiceRunner()

/** One sentence on standard error, exit code 1, and neither a stack nor a second line. */
function expectRefusal(exit: Exit, sentence: RegExp): void {
  expect(exit).toMatchObject({ code: 1, signal: null })
  expect(exit.stderr).toMatch(sentence)
  expect(exit.stderr.trimEnd()).not.toContain('\n')
  expect(exit.stderr).toMatch(/\.\n$/)
  expect(exit.stderr).not.toMatch(/\bat .+:\d+:\d+|Error:/)
}

const refused = async (variables: Record<string, string>, sentence: RegExp) => {
  expectRefusal(await runner.up({ KEYLEASE_DATA_DIR: runner.newDataDir(), ...variables }).exited, sentence)
}

describe('a start that cannot go on says why in one sentence', () => {
  it.each([
    ['PORT=many', { PORT: 'many' }, /^PORT is not valid: expected a port/],
    ['a short token', { KEYLEASE_BOOTSTRAP_TOKEN: 'short' }, /^KEYLEASE_BOOTSTRAP_TOKEN is not valid: expected 32 or more/],
    ['DATABASE_URL=mysql', { DATABASE_URL: 'mysql://u:canary@h/d' }, /^DATABASE_URL is not valid: expected a URL such as/],
    ['an open address without TLS', { HOST: '0.0.0.0' }, /^HOST=0\.0\.0\.0 would take credentials over plain http: set KEYLEASE_TLS_CERT/],
    ['half a TLS pair', { KEYLEASE_TLS_CERT: 'a.pem' }, /^KEYLEASE_TLS_CERT and KEYLEASE_TLS_KEY belong together/],
    [
      'no Postgres at DATABASE_URL',
      { DATABASE_URL: 'postgresql://u:canary@127.0.0.1:1/d' },
      /^DATABASE_URL: no Postgres answers at 127\.0\.0\.1:1;/,
    ],
    ['a data directory that is a file', { KEYLEASE_DATA_DIR: '/dev/null' }, / in the data directory \/dev\/null cannot be written: /],
  ])('%s', async (_, variables, sentence) => {
    await refused(variables, sentence)
  })

  it('a wrong password in DATABASE_URL, which it does not repeat', async () => {
    const url = withLogin(inject('ownerUrl'), { user: 'keylease_owner', password: 'canary-password' })
    const exit = await runner.up({ DATABASE_URL: url, KEYLEASE_DATA_DIR: runner.newDataDir() }).exited
    expectRefusal(exit, /^DATABASE_URL: .+ refuses the login of "keylease_owner"/)
    expect(exit.stdout + exit.stderr).not.toContain('canary-password')
  })

  it('a database that does not exist', async () => {
    const url = new URL(inject('ownerUrl'))
    url.pathname = '/nowhere'
    await refused({ DATABASE_URL: url.href }, /^DATABASE_URL: .+ has no database "nowhere"; create it or name another\./)
  })

  it('a database that is newer than the code', async () => {
    const { url, drop } = await createBareDatabase('keylease_template')
    try {
      await runOnce(
        url,
        `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '29990101000000_later', now())`,
      )
      await runOnce(url, `INSERT INTO keylease_release (migration_name, release) VALUES ('29990101000000_later', 99)`)
      await refused({ DATABASE_URL: url }, /newer Keylease \(migration 29990101000000_later\); start that version or a newer one\./)
    } finally {
      await drop()
    }
  })

  it('a port that is taken, and leaves no Postgres behind', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const dataDir = runner.newDataDir()
    const sentence = new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is taken; stop what listens there or set PORT to another\\.`)
    await refused({ KEYLEASE_DATA_DIR: dataDir, PORT: String(port) }, sentence)
    expect(() => postmasterPid(dataDir)).toThrow(/ENOENT/)
    taken.close()
  })
})

describe('without its root key', () => {
  it('the service starts sealed, says why, and writes no new key', async () => {
    const dataDir = runner.newDataDir()
    const first = runner.up({ KEYLEASE_DATA_DIR: dataDir })
    await first.url
    first.child.kill('SIGTERM')
    await first.exited
    rmSync(join(dataDir, 'root.key'))

    const second = runner.up({ KEYLEASE_DATA_DIR: dataDir })
    const url = await second.url
    const ready = await fetch(`${url}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ reason: expect.stringContaining('root key'), checks: { unsealed: false } })
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await fetch(`${url}/api/v1/projects`)).status).toBe(503)
    const postgres = postmasterPid(dataDir)
    second.child.kill('SIGTERM')
    const exit = await second.exited
    expect(exit).toMatchObject({ code: 0, stderr: '' })
    expect(exit.stdout).toContain('is sealed')
    expect(() => rmSync(join(dataDir, 'root.key'))).toThrow(/ENOENT/)
    expect(isRunning(postgres)).toBe(false)
  })
})

describe('keylease', () => {
  it('answers an unknown command with its usage and exit code 2', async () => {
    const exit = await runner.run(['lunch'], {}).exited
    expect(exit.code).toBe(2)
    expect(exit.stderr).toMatch(/^Usage: keylease COMMAND/)
  })

  it('status tells a stopped service from a ready one', async () => {
    const dataDir = runner.newDataDir()
    const service = runner.up({ KEYLEASE_DATA_DIR: dataDir })
    const { port } = new URL(await service.url)
    const running = await runner.run(['status'], { KEYLEASE_DATA_DIR: dataDir, PORT: port }).exited
    expect(running).toMatchObject({ code: 0, stderr: '' })
    expect(running.stdout).toMatch(/Service +ready at .+\nDatabase +embedded, .+, answers\nMigrations +up to date\n/)
    service.child.kill('SIGTERM')
    await service.exited
    const stopped = await runner.run(['status'], { KEYLEASE_DATA_DIR: dataDir, PORT: port }).exited
    expect(stopped).toMatchObject({ code: 1, stderr: '' })
    expect(stopped.stdout).toMatch(/Service +not running: .+\nDatabase +embedded, not running/)
  })

  it('root-key rotate works beside the running service, which goes on serving', async () => {
    const dataDir = runner.newDataDir()
    const token = 'process-test-token-of-32-characters-or-more'
    const service = runner.up({ KEYLEASE_DATA_DIR: dataDir, KEYLEASE_BOOTSTRAP_TOKEN: token })
    const url = await service.url
    const rotated = await runner.run(['root-key', 'rotate'], { KEYLEASE_DATA_DIR: dataDir }).exited
    expect(rotated).toMatchObject({ code: 0, stderr: '' })
    const list = await fetch(`${url}/api/v1/projects`, { headers: { authorization: `Bearer ${token}` } })
    expect(list.status).toBe(200)
  })

  it('says in one sentence that a TLS file is no certificate', async () => {
    const file = join(runner.newDataDir(), 'not.pem')
    writeFileSync(file, 'nothing')
    await refused({ KEYLEASE_TLS_CERT: file, KEYLEASE_TLS_KEY: file }, /^KEYLEASE_TLS_CERT and KEYLEASE_TLS_KEY are not a PEM certificate/)
  })
})
