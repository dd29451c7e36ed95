import { Worker } from 'node:worker_threads'
import type { KeyringKey } from '../keyring'
import type { ThreadLog } from '../log'

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

/**
 * Makes checkpoints in a thread of its own: a thousand entries are read and hashed while requests are answered. It starts when it is first
 * needed, and one that died is replaced at the next turn.
 */
export function createCheckpointThread(entry: URL, { log, ...room }: CheckpointRoom & { log: ThreadLog }): CheckpointThread {
  let worker: Worker | null = null

  const open = (): Worker => {
    if (worker) return worker
    const fresh = new Worker(entry, { workerData: room })
    fresh.unref()
    // Whoever waits for an answer hears of it; without a listener it would end this process too.
    fresh.on('error', () => undefined)
    fresh.on('message', (answer: CheckpointAnswer) => {
      if (answer.kind === 'log') log[answer.level](answer.fields, answer.message)
    })
    fresh.once('exit', () => {
      if (worker === fresh) worker = null
    })
    worker = fresh
    return fresh
  }

  return {
    checkpointAll: () => askOnce(open(), 'checkpoint'),
    async close() {
      if (!worker) return
      const { promise, resolve } = Promise.withResolvers<void>()
      worker.once('exit', () => resolve())
      send(worker, 'close')
      await promise
    },
  }
}

const send = (worker: Worker, request: CheckpointRequest) => worker.postMessage(request)

async function askOnce(worker: Worker, request: CheckpointRequest): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const listeners = {
    message(answer: CheckpointAnswer) {
      if (answer.kind === 'done') resolve()
      if (answer.kind === 'failed') reject(toError(answer))
    },
    error: reject,
    exit: () => reject(new Error('the thread that makes checkpoints ended')),
  }
  for (const [event, listener] of Object.entries(listeners)) worker.on(event, listener)
  try {
    send(worker, request)
    await promise
  } finally {
    for (const [event, listener] of Object.entries(listeners)) worker.off(event, listener)
  }
}

/** With the code by which a database that is away is known: what a thread throws loses it on the way. */
const toError = ({ message, stack, code }: { message: string; stack: string | undefined; code: unknown }): Error =>
  Object.assign(new Error(message), stack === undefined ? {} : { stack }, code === undefined ? {} : { code })
