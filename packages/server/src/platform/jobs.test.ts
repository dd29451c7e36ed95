import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, runOnce, silentLog, type TestDatabase } from '../../test/database'
import { systemClock } from './clock'
import { createJobs, type Jobs } from './jobs'

let database: TestDatabase
const started: Jobs[] = []

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(async () => {
  for (const jobs of started.splice(0)) await jobs.stop()
  await database.close()
})

async function startReplica(register: (jobs: Jobs) => void): Promise<Jobs> {
  const jobs = createJobs(database.db, database.urls.owner, silentLog, systemClock, { cronSeconds: 1 })
  register(jobs)
  await jobs.start()
  started.push(jobs)
  return jobs
}

const everyMinute = '* * * * *'
const holders = `FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND application_name = 'keylease-direct' AND datname = current_database()`

test('a schedule runs in one of the replicas, whoever starts first', async () => {
  const runs: string[] = []
  const minutes = new Set<number>()
  await Promise.all(
    ['a', 'b', 'c'].map((replica) =>
      startReplica((jobs) =>
        jobs.schedule('report', everyMinute, async () => {
          runs.push(replica)
          minutes.add(Math.floor(Date.now() / 60_000))
        }),
      ),
    ),
  )
  await expect.poll(() => runs.length, { timeout: 20_000 }).toBeGreaterThan(0)
  const jobs = await runOnce(database.urls.owner, `SELECT 1 FROM pgboss.job WHERE name = 'report'`)
  expect(jobs.rowCount).toBe(runs.length)
  expect(runs.length).toBeLessThanOrEqual(minutes.size)
})

test('a schedule that fails is tried again', async () => {
  let attempts = 0
  await startReplica((jobs) =>
    jobs.schedule('flaky', everyMinute, async () => {
      attempts++
      if (attempts === 1) throw new Error('the first attempt fails')
    }),
  )
  await expect.poll(() => attempts, { timeout: 40_000 }).toBe(2)
})

test('a loop runs in exactly one replica, and another takes it over when that one dies', async () => {
  const turns: string[] = []
  let inside = 0
  let most = 0
  const register = (replica: string) => (jobs: Jobs) =>
    jobs.loop('tick', 20, async () => {
      most = Math.max(most, ++inside)
      turns.push(replica)
      await new Promise(setImmediate)
      inside--
    })
  const replicas = { a: await startReplica(register('a')), b: await startReplica(register('b')) }
  await expect.poll(() => turns.length).toBeGreaterThan(10)
  expect(new Set(turns)).toEqual(new Set(['a']))
  await replicas.a.stop()
  await expect.poll(() => turns.filter((replica) => replica === 'b').length).toBeGreaterThan(3)
  expect(turns.lastIndexOf('a')).toBeLessThan(turns.indexOf('b'))
  expect(most).toBe(1)
})

test('a loop goes on after the connection that holds its lock was killed', async () => {
  let turns = 0
  await startReplica((jobs) => jobs.loop('tick', 20, async () => void turns++))
  await expect.poll(() => turns).toBeGreaterThan(2)
  expect((await database.db.systemPool.query(`SELECT pg_terminate_backend(pid) ${holders}`)).rowCount).toBe(1)
  const before = turns
  await expect.poll(() => turns, { timeout: 5_000 }).toBeGreaterThan(before + 3)
})

test('a loop that throws runs again', async () => {
  let turns = 0
  await startReplica((jobs) =>
    jobs.loop('tick', 10, async () => {
      turns++
      throw new Error('each turn fails')
    }),
  )
  await expect.poll(() => turns).toBeGreaterThan(3)
})

test('stopping waits for the turn that runs, and nothing runs afterwards', async () => {
  let finish: () => void = () => undefined
  let began = 0
  let ended = 0
  const jobs = await startReplica((each) =>
    each.loop('slow', 1, async () => {
      began++
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      ended++
    }),
  )
  await expect.poll(() => began).toBe(1)
  let stopped = false
  const stopping = jobs.stop().then(() => {
    stopped = true
  })
  await new Promise(setImmediate)
  expect(stopped).toBe(false)
  finish()
  await stopping
  expect([began, ended]).toEqual([1, 1])
  expect((await database.db.systemPool.query(`SELECT 1 ${holders}`)).rowCount).toBe(0)
})
