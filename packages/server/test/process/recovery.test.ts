import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { findEmbeddedPostgres } from '../../src/platform/postgres/embedded'
import { readCredentials } from '../../src/platform/postgres/embedded/credentials'
import { testSize } from '../size'
import { createServiceRunner, isRunning, killHard, postmasterPid, type ServiceProcess, sendJson } from './service'

const runner = createServiceRunner()
const token = 'process-test-token-of-32-characters-or-more'

const start = (dataDir: string) => runner.up({ KEYLEASE_DATA_DIR: dataDir, KEYLEASE_BOOTSTRAP_TOKEN: token })

interface Writing {
  /** Resolved when as many writes were answered, with more of them under way. */
  reached: Promise<void>
  /** The ids of what was answered, once the service is gone. */
  answered: Promise<string[]>
}

function writeUntilGone(service: ServiceProcess, round: number, enough: number): Writing {
  const { promise: reached, resolve, reject } = Promise.withResolvers<void>()
  const ids: string[] = []
  const writer = async (lane: number) => {
    const url = `${await service.url}/api/v1/projects`
    for (let n = 0; ; n++) {
      const name = `${round}-${lane}-${n}`
      const response = await sendJson(url, token, { name }, { 'idempotency-key': name }).catch(() => undefined)
      if (response?.status !== 201) return
      const project = (await response.json().catch(() => undefined)) as { id: string } | undefined
      if (project) ids.push(project.id)
      if (ids.length >= enough) resolve()
    }
  }
  const answered = Promise.all([0, 1, 2, 3].map(writer)).then(() => ids)
  answered.then(() => reject(new Error('the service went away before it was killed')), reject)
  return { reached, answered }
}

/** Asks until the answer is good: the test's own time limit bounds it. */
async function pollUntilOk(url: string): Promise<number[]> {
  const statuses: number[] = []
  do {
    statuses.push((await sendJson(url, token)).status)
    await wait(50)
  } while (statuses.at(-1) !== 200)
  return statuses
}

async function readIds(dataDir: string): Promise<{ projects: string[]; audited: string[]; replies: number }> {
  const client = new pg.Client({ connectionString: superuserUrl(dataDir) })
  await client.connect()
  try {
    const projects = await client.query<{ id: string }>('SELECT id FROM project ORDER BY id')
    const audited = await client.query<{ id: string }>(
      "SELECT resource_id AS id FROM audit_entry WHERE action = 'project.created' ORDER BY 1",
    )
    const replies = await client.query('SELECT FROM idempotency WHERE response IS NOT NULL')
    return { projects: projects.rows.map((row) => row.id), audited: audited.rows.map((row) => row.id), replies: replies.rowCount ?? 0 }
  } finally {
    await client.end()
  }
}

function superuserUrl(dataDir: string): string {
  const found = findEmbeddedPostgres(dataDir)
  if (!found) throw new Error('no Postgres runs')
  const url = new URL(found.url)
  const { superuserPassword } = readCredentials(`${dataDir}/postgres`)
  url.username = 'keylease_superuser'
  url.password = superuserPassword
  return url.href
}

describe('after kill -9', () => {
  it('of the service, the next start adopts its Postgres', async () => {
    const dataDir = runner.newDataDir()
    const first = start(dataDir)
    await first.url
    const postgres = postmasterPid(dataDir)
    await killHard(first.child)
    expect(isRunning(postgres)).toBe(true)

    const second = start(dataDir)
    expect((await fetch(`${await second.url}/readyz`)).status).toBe(200)
    expect(postmasterPid(dataDir)).toBe(postgres)
    second.child.kill('SIGTERM')
    expect((await second.exited).code).toBe(0)
    expect(isRunning(postgres)).toBe(false)
  })

  it('of Postgres and the service, the next start recovers', async () => {
    const dataDir = runner.newDataDir()
    const first = start(dataDir)
    const created = await sendJson(`${await first.url}/api/v1/projects`, token, { name: 'kept' })
    expect(created.status).toBe(201)
    process.kill(postmasterPid(dataDir), 'SIGKILL')
    await killHard(first.child)

    const list = await sendJson(`${await start(dataDir).url}/api/v1/projects`, token)
    expect(await list.json()).toMatchObject({ items: [{ name: 'kept' }] })
  })

  it('of Postgres alone, the service brings it back and serves on without a restart', async () => {
    const dataDir = runner.newDataDir()
    const service = start(dataDir)
    const url = `${await service.url}/api/v1/projects`
    expect((await sendJson(url, token, { name: 'kept' })).status).toBe(201)
    const killed = postmasterPid(dataDir)
    process.kill(killed, 'SIGKILL')

    const statuses = await pollUntilOk(url)
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([])
    expect(await (await sendJson(url, token)).json()).toMatchObject({ items: [{ name: 'kept' }] })
    expect(postmasterPid(dataDir)).not.toBe(killed)
    service.child.kill('SIGTERM')
    expect((await service.exited).code).toBe(0)
  })

  it('during writes, what was answered is there and nothing is half', async () => {
    const dataDir = runner.newDataDir()
    const answered: string[] = []
    for (let round = 0; round < testSize(3, 30); round++) {
      const service = start(dataDir)
      const writing = writeUntilGone(service, round, 5 + 7 * round)
      await writing.reached
      if (round % 2 === 1) process.kill(postmasterPid(dataDir), 'SIGKILL')
      await killHard(service.child)
      answered.push(...(await writing.answered))
    }
    const last = start(dataDir)
    await last.url
    const { projects, audited, replies } = await readIds(dataDir)
    expect(answered.length).toBeGreaterThan(10)
    expect(answered.filter((id) => !projects.includes(id))).toEqual([])
    expect(audited).toEqual(projects)
    expect(replies).toBe(projects.length)
  })
})
