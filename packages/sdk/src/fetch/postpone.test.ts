import { expect, test, vi } from 'vitest'
import { catchUp } from '../chores'
import { postpone } from './postpone'

function count() {
  const done: number[] = []
  return { done, toChore: (number: number) => ({ run: () => void done.push(number) }) }
}

test('what is postponed is not done before whoever postponed it has gone on, and is done in a moment', async () => {
  const { done, toChore } = count()
  postpone(toChore(1))
  await Promise.resolve()
  expect(done).toEqual([])
  await vi.waitFor(() => expect(done).toEqual([1]))
})

test('many are done with the next turn of the loop, and so is one that is urgent', async () => {
  const { done, toChore } = count()
  for (let number = 0; number < 64; number++) postpone(toChore(number))
  expect(done).toEqual([])
  await new Promise((resolve) => setImmediate(resolve))
  expect(done).toHaveLength(64)
  postpone(toChore(64), true)
  await new Promise((resolve) => setImmediate(resolve))
  expect(done).toHaveLength(65)
})

test('whoever catches up finds everything done, once, in its order, with what it brought about', () => {
  const { done, toChore } = count()
  postpone({ run: () => postpone(toChore(3)) })
  postpone(toChore(1))
  postpone(toChore(2))
  catchUp()
  catchUp()
  expect(done).toEqual([1, 2, 3])
})
