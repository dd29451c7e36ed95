import { expect, test } from 'vitest'
import { AppError } from '../../platform/errors'
import { createBatches } from './batches'

/** Writers that wait until they are let go, in the order of their starts. */
function createWriter() {
  const started: { items: readonly number[]; end(): void }[] = []
  const write = async (items: readonly number[]) => {
    await new Promise<void>((end) => void started.push({ items, end }))
    if (items.includes(-1)) throw new Error('one that cannot be written')
    return items.map((item) => item * 10)
  }
  const next = async () => {
    await expect.poll(() => started.length, { interval: 1 }).toBeGreaterThan(0)
    const one = started.shift()
    one?.end()
    return one?.items
  }
  return { write, next }
}

const limits = { items: 4, second: 4, waiting: 10, writers: 2 }

test('what waits for a transaction shares the next one, and each caller gets its own results', async () => {
  const { write, next } = createWriter()
  const batches = createBatches<number, number>(limits)
  const answers = [[1], [2, 3], [4], [5, 6]].map((items) => batches.run('one', items, write))
  expect([await next(), await next(), await next()]).toEqual([[1], [2, 3, 4], [5, 6]])
  expect(await Promise.all(answers)).toEqual([[10], [20, 30], [40], [50, 60]])
})

test('more than a batch is written in several, in order', async () => {
  const { write, next } = createWriter()
  const answer = createBatches<number, number>(limits).run('one', [1, 2, 3, 4, 5, 6], write)
  expect([await next(), await next()]).toEqual([
    [1, 2, 3, 4],
    [5, 6],
  ])
  expect(await answer).toEqual([10, 20, 30, 40, 50, 60])
})

test('one that cannot be written fails nobody else', async () => {
  const { write, next } = createWriter()
  const batches = createBatches<number, number>(limits)
  const answers = [[1], [2], [-1], [3]].map((items) => batches.run('one', items, write))
  expect(await next()).toEqual([1])
  expect(await next()).toEqual([2, -1, 3])
  expect([await next(), await next(), await next()]).toEqual([[2], [-1], [3]])
  expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
})

test('a database that is away is not asked again for each of them', async () => {
  const away = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })
  const { write, next } = createWriter()
  const batches = createBatches<number, number>(limits)
  const first = batches.run('one', [1], write)
  let calls = 0
  const refuse = async () => {
    calls++
    throw away
  }
  const answers = [batches.run('one', [2], refuse), batches.run('one', [3], refuse)].map((one) => one.catch((error: unknown) => error))
  await next()
  await first
  expect(await Promise.all(answers)).toEqual([away, away])
  expect(calls).toBe(1)
})

test('while much waits, a second transaction runs beside the first, and never a third', async () => {
  const sizes: number[] = []
  let together = 0
  let most = 0
  const write = async (items: readonly number[]) => {
    most = Math.max(most, ++together)
    sizes.push(items.length)
    await new Promise((resolve) => setImmediate(resolve))
    together--
    return [...items]
  }
  const batches = createBatches<number, number>({ ...limits, waiting: 1_000, writers: 8 })
  const asked = Array.from({ length: 40 }, (_, i) => [i, i + 100])
  const answers = await Promise.all(asked.map((items) => batches.run('one', items, write)))
  expect(answers).toEqual(asked)
  expect(most).toBe(2)
  expect(Math.max(...sizes)).toBe(4)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(80)
})

test('organizations are written side by side, as many as there is room for, and none twice at once where little waits', async () => {
  const { write, next } = createWriter()
  const batches = createBatches<number, number>(limits)
  const answers = ['a', 'b', 'c', 'a'].map((name, i) => batches.run(name, [i], write))
  expect([await next(), await next(), await next(), await next()]).toEqual([[0], [1], [2], [3]])
  await Promise.all(answers)
})

test('beyond what may wait it refuses for a moment, and takes again what it has written', async () => {
  const { write, next } = createWriter()
  const batches = createBatches<number, number>(limits)
  const answers = [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ].map((items) => batches.run('one', items, write))
  const refused = await batches.run('two', [1, 2, 3], write).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(AppError)
  expect(refused).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 })
  await next()
  await next()
  await Promise.all(answers)
  const later = batches.run('two', [9], write)
  await next()
  expect(await later).toEqual([90])
})

test('a drain waits for what is still to be written', async () => {
  const { write, next } = createWriter()
  const batches = createBatches<number, number>(limits)
  await batches.drain()
  const done: string[] = []
  const save = async (items: readonly number[]) => {
    const results = await write(items)
    done.push('written')
    return results
  }
  const answer = batches.run('one', [1], save)
  const drained = batches.drain().then(() => done.push('drained'))
  await next()
  await Promise.all([answer, drained])
  expect(done).toEqual(['written', 'drained'])
})
