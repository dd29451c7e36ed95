import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { hearAnswer } from './thread'

const isText = (message: unknown): message is string => typeof message === 'string'
/** It answers nothing: what a thread tells is told by the test. */
const silent = new URL('data:text/javascript,setInterval(() => undefined, 1000)')

test.each([
  ['an answer that cannot be taken over', 'messageerror', 'an answer of the thread could not be taken over'],
  ['an end', 'exit', 'the thread ended before it answered'],
])('%s is an error of whoever waits, and leaves no listener', async (_, event, message) => {
  const worker = new Worker(silent)
  const before = worker.eventNames().length
  const heard = hearAnswer(worker, isText)
  worker.emit('message', 7)
  worker.emit(event)
  await expect(heard).rejects.toThrow(message)
  expect(worker.eventNames()).toHaveLength(before)
  await worker.terminate()
})
