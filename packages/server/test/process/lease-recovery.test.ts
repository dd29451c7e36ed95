import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { IssuedLease } from '@keylease/shared/contracts/lease-bodies'
import pg from 'pg'
import { expect, it } from 'vitest'
import { findEmbeddedPostgres } from '../../src/platform/postgres/embedded'
import { readCredentials } from '../../src/platform/postgres/embedded/credentials'
import { createHolder } from '../lease-holder'
import { testSize } from '../size'
import { createServiceRunner, killHard, type ServiceProcess, sendJson } from './service'

const runner = createServiceRunner()
const token = 'process-test-token-of-32-characters-or-more'
const lanes = 8
/** Below what an agent may hold at once, over all the kills of a soak. */
const leasesPerRound = 10
const body = { provider: 'openai', ttlSeconds: 3_600 }

/** By Idempotency-Key: the lease that was acknowledged, null where the answer never came. */
type Asked = Map<string, string | null>

const start = (dataDir: string) => runner.up({ KEYLEASE_DATA_DIR: dataDir, KEYLEASE_BOOTSTRAP_TOKEN: token })

async function createAgent(service: ServiceProcess): Promise<string> {
  const url = await service.url
  const request = (_method: string, path: string, options: { body?: unknown } = {}) => sendJson(`${url}${path}`, token, options.body)
  return (await createHolder({ request, token })).token
}

const ask = (url: string, agent: string, key: string) => sendJson(`${url}/v1/leases`, agent, body, { 'idempotency-key': key })

/** Replicas that were killed a moment ago still have their share of the rate: what is left says when to come again. */
async function askInTurn(url: string, agent: string, key: string): Promise<Response> {
  const response = await ask(url, agent, key)
  if (response.status !== 429) return response
  await setTimeout(Number(response.headers.get('retry-after')) * 1_000)
  return askInTurn(url, agent, key)
}

/** Asks on all lanes until the service is gone; it is killed at a random moment after so many answers, with others under way. */
async function askUntilKilled(service: ServiceProcess, agent: string, round: number, asked: Asked): Promise<void> {
  const url = await service.url
  const enough = randomInt(1, leasesPerRound)
  const killed = Promise.withResolvers<void>()
  let answered = 0
  const lane = async (number: number) => {
    for (let n = 0; answered <= leasesPerRound; n++) {
      const key = `${round}-${number}-${n}`
      asked.set(key, null)
      const response = await ask(url, agent, key).catch(() => undefined)
      const lease = (await response?.json().catch(() => undefined)) as IssuedLease | undefined
      if (!response || !lease) return
      if (response.status !== 201) throw new Error(`a lease was answered ${response.status} ${JSON.stringify(lease)}`)
      asked.set(key, lease.id)
      if (++answered === enough)
        void setTimeout(randomInt(0, 8))
          .then(() => killHard(service.child))
          .then(killed.resolve)
    }
  }
  await Promise.all([killed.promise, ...Array.from({ length: lanes }, (_, number) => lane(number))])
}

async function readRows(dataDir: string): Promise<{ leases: string[]; audited: string[] }> {
  const found = findEmbeddedPostgres(dataDir)
  if (!found) throw new Error('no Postgres runs')
  const url = new URL(found.url)
  Object.assign(url, { username: 'keylease_superuser', password: readCredentials(`${dataDir}/postgres`).superuserPassword })
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  try {
    const leases = await client.query<{ id: string }>('SELECT id FROM lease ORDER BY id')
    const audited = await client.query<{ id: string }>(
      "SELECT resource_id AS id FROM audit_entry WHERE action = 'lease.issued' ORDER BY resource_id",
    )
    return { leases: leases.rows.map(({ id }) => id), audited: audited.rows.map(({ id }) => id) }
  } finally {
    await client.end()
  }
}

it('kill -9 while leases are issued: each that was acknowledged is there, each has one audit entry, and a replay is the same lease', async () => {
  const dataDir = runner.newDataDir()
  const asked: Asked = new Map()
  let service = start(dataDir)
  const agent = await createAgent(service)
  const rounds = testSize(2, 50)
  for (let round = 0; round < rounds; round++) {
    await askUntilKilled(service, agent, round, asked)
    service = start(dataDir)
  }
  const url = await service.url
  const before = await readRows(dataDir)
  const acknowledged = [...asked.values()].filter((id) => id !== null)
  expect(acknowledged.length).toBeGreaterThan(1)
  expect(acknowledged.filter((id) => !before.leases.includes(id))).toEqual([])
  expect(before.audited).toEqual(before.leases)

  const replayed = new Map<string, string>()
  for (const key of asked.keys()) {
    const response = await askInTurn(url, agent, key)
    expect(response.status).toBe(201)
    replayed.set(key, ((await response.json()) as IssuedLease).id)
  }
  for (const [key, id] of asked) if (id !== null) expect(replayed.get(key), key).toBe(id)
  const after = await readRows(dataDir)
  expect(after.audited).toEqual(after.leases)
  expect(after.leases).toEqual([...replayed.values()].sort())
})
