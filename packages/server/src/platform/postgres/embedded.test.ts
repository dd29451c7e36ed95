import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { StartError } from '../../env'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded'
import { isAlive } from './embedded/server-process'

const started: EmbeddedPostgres[] = []
const directories: string[] = []

const newDataDir = () => {
  const directory = mkdtempSync(join(tmpdir(), 'keylease embedded '))
  directories.push(directory)
  return directory
}

const start = async (dataDir: string) => {
  const server = await startEmbeddedPostgres({ dataDir, log: () => undefined, flags: ['fsync=off'] })
  started.push(server)
  return server
}

const query = async (url: string, sql: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const postmasterPid = (dataDir: string) => Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0])

afterEach(async () => {
  for (const server of started.splice(0).reverse()) await server.stop().catch(() => undefined)
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

describe('embedded postgres', () => {
  it('gives a role that owns its database and is no superuser, on loopback alone', async () => {
    const server = await start(newDataDir())
    const [role] = await query(
      server.url,
      'SELECT rolname, rolsuper, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user',
    )
    expect(role).toEqual({ rolname: 'keylease_owner', rolsuper: false, rolcreaterole: true, rolbypassrls: false })
    const [setting] = await query(server.url, "SELECT current_setting('listen_addresses') a, current_setting('data_checksums') c")
    expect(setting).toEqual({ a: '127.0.0.1', c: 'on' })
  })

  it('lets nobody in without the password', async () => {
    const server = await start(newDataDir())
    const url = new URL(server.url)
    url.password = 'wrong'
    await expect(query(url.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/)
  })

  it('keeps its passwords in a file that only its owner reads', async () => {
    const dataDir = newDataDir()
    await start(dataDir)
    expect(statSync(join(dataDir, 'postgres/credentials.json')).mode & 0o777).toBe(0o600)
  })

  it('keeps the data over a stop and a start', async () => {
    const dataDir = newDataDir()
    const first = await start(dataDir)
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n')
    await first.stop()
    const second = await start(dataDir)
    expect(second.adopted).toBe(false)
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
  })

  it('brings two racing starters up on one server, which stops with the last of them', async () => {
    const dataDir = newDataDir()
    const [a, b] = await Promise.all([start(dataDir), start(dataDir)])
    expect([a.adopted, b.adopted].sort()).toEqual([false, true])
    expect(a.port).toBe(b.port)
    await (a.adopted ? b : a).stop()
    const survivor = a.adopted ? a : b
    expect(await query(survivor.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
    const pid = postmasterPid(dataDir)
    await survivor.stop()
    expect(isAlive(pid)).toBe(false)
  })

  it('replaces a server that was killed', async () => {
    const dataDir = newDataDir()
    const first = await start(dataDir)
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n')
    process.kill(postmasterPid(dataDir), 'SIGKILL')
    const second = await start(dataDir)
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
  })

  it('does not take a stranger with the number in a stale pid file for a server', async () => {
    const dataDir = newDataDir()
    await (await start(dataDir)).stop()
    writeFileSync(
      join(dataDir, 'postgres/data/postmaster.pid'),
      `${process.pid}\n${join(dataDir, 'postgres/data')}\n1\n5432\n\n127.0.0.1\n\nready\n`,
    )
    expect((await start(dataDir)).adopted).toBe(false)
  })

  it('makes again what a killed initdb left half-finished', async () => {
    const dataDir = newDataDir()
    const gone = spawnSync('true').pid
    spawnSync('mkdir', ['-p', join(dataDir, `postgres/init-${gone}/base`), join(dataDir, 'postgres/data/base')])
    expect((await start(dataDir)).adopted).toBe(false)
    expect(statSync(join(dataDir, `postgres/init-${gone}`), { throwIfNoEntry: false })).toBeUndefined()
  })

  it('refuses the cluster of another major version and leaves it as it was', async () => {
    const dataDir = newDataDir()
    await (await start(dataDir)).stop()
    writeFileSync(join(dataDir, 'postgres/data/PG_VERSION'), '17\n')
    const refusal = await start(dataDir).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(StartError)
    expect(String(refusal)).toContain('was made by Postgres 17')
  })
})
