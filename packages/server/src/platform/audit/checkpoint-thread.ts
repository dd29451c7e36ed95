import type { Worker } from 'node:worker_threads'
import type { KeyringKey } from '../keyring'
import type { ThreadLog } from '../log'
import { createThread, hearAnswer } from '../thread'

/** What the thread is made with. */
export interface CheckpointRoom {
  /** Of keylease_system: the thread has a connection of its own. */
  url: string
  key: KeyringKey
}

export type CheckpointRequest = 'checkpoint' | 'close'

export type CheckpointAnswer =
  | { kind: 'done' }
  | { kind: 'failed'; message: string; stack: string | undefined; code: unknown }
  | { kind: 'log'; level: keyof ThreadLog; fields: object; message: string }

export interface CheckpointThread {
  checkpointAll(): Promise<void>
  /** After the last of what was asked for. */
  close(): Promise<void>
}

type Outcome = Exclude<CheckpointAnswer, { kind: 'log' }>

/** Makes checkpoints in a thread of its own: a thousand entries are read and hashed while requests are answered. */
export function createCheckpointThread(entry: URL, { log, ...room }: CheckpointRoom & { log: ThreadLog }): CheckpointThread {
  const thread = createThread(entry, { workerData: room }, (fresh) => {
    fresh.on('message', (answer: CheckpointAnswer) => {
      if (answer.kind === 'log') log[answer.level](answer.fields, answer.message)
    })
  })
  return {
    async checkpointAll() {
      const worker = thread.open()
      send(worker, 'checkpoint')
      const outcome = await hearAnswer(worker, isOutcome)
      if (outcome.kind === 'failed') throw toError(outcome)
    },
    async close() {
      const worker = thread.current()
      if (!worker) return
      const { promise, resolve } = Promise.withResolvers<void>()
      worker.once('exit', () => resolve())
      send(worker, 'close')
      await promise
    },
  }
}

const send = (worker: Worker, request: CheckpointRequest) => worker.postMessage(request)
const isOutcome = (answer: CheckpointAnswer): answer is Outcome => answer.kind !== 'log'

/** With the code by which a database that is away is known: what a thread throws loses it on the way. */
const toError = ({ message, stack, code }: Extract<Outcome, { kind: 'failed' }>): Error =>
  Object.assign(new Error(message), stack === undefined ? {} : { stack }, code === undefined ? {} : { code })
