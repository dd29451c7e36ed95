import { expect, test } from 'vitest'
import { createBatcher } from './batcher'

/** Calls that end when the test says so. */
function createCalls() {
  const calls: { items: number[]; end(error?: Error): void }[] = []
  const batcher = createBatcher<number, string>(
    (items) =>
      new Promise((resolve, reject) => {
        calls.push({ items, end: (error) => (error ? reject(error) : resolve(items.map((item) => `answer ${item}`))) })
      }),
  )
  return { calls, batcher }
}

const settle = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

test('who asks at the same moment shares one call, and each gets their own answer', async () => {
  const { calls, batcher } = createCalls()
  const asked = Promise.all([1, 2, 3].map((item) => batcher.add('one', item)))
  await settle()
  expect(calls.map(({ items }) => items)).toEqual([[1, 2, 3]])
  calls[0]?.end()
  expect(await asked).toEqual(['answer 1', 'answer 2', 'answer 3'])
})

test('groups are never merged, and no call is larger than a hundred', async () => {
  const { calls, batcher } = createCalls()
  const asked = [batcher.add('other', 0), ...Array.from({ length: 150 }, (_, item) => batcher.add('one', item))]
  await settle()
  for (let done = 0; done < 3; done++) {
    calls[done]?.end()
    await settle()
  }
  await Promise.all(asked)
  expect(calls.map(({ items }) => items.length).sort((one, other) => one - other)).toEqual([1, 50, 100])
})

test('who asks while a call is under way goes with all who do in the next, at its end', async () => {
  const { calls, batcher } = createCalls()
  const first = batcher.add('one', 1)
  await settle()
  const later = Promise.all([2, 3].map((item) => batcher.add('one', item)))
  await settle()
  expect(calls).toHaveLength(1)
  calls[0]?.end()
  await first
  expect(calls[1]?.items).toEqual([2, 3])
  calls[1]?.end()
  expect(await later).toEqual(['answer 2', 'answer 3'])
})

test('a call that hangs holds up nobody who asks later', async () => {
  const { calls, batcher } = createCalls()
  const first = batcher.add('one', 1)
  await settle()
  const later = batcher.add('one', 2)
  await expect.poll(() => calls.length).toBe(2)
  calls[1]?.end()
  expect(await later).toBe('answer 2')
  calls[0]?.end()
  await first
})

test('however many wait, four calls are under way at most', async () => {
  const { calls, batcher } = createCalls()
  const asked = Array.from({ length: 600 }, (_, item) => batcher.add('one', item))
  await settle()
  expect(calls.map(({ items }) => items.length)).toEqual([100, 100, 100, 100])
  for (let done = 0; done < 6; done++) {
    calls[done]?.end()
    await settle()
  }
  expect(await Promise.all(asked)).toHaveLength(600)
})

test('a call that fails is told to all who shared it, and to nobody else', async () => {
  const { calls, batcher } = createCalls()
  const shared = Promise.allSettled([batcher.add('one', 1), batcher.add('one', 2)])
  await settle()
  calls[0]?.end(new Error('away'))
  expect((await shared).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  const next = batcher.add('one', 3)
  await settle()
  calls[1]?.end()
  expect(await next).toBe('answer 3')
})
