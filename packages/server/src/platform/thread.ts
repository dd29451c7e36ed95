import { Worker, type WorkerOptions } from 'node:worker_threads'

export interface Thread {
  /** It starts when it is first needed; one that died is replaced by whoever needs it next. */
  open(): Worker
  /** The one that runs. */
  current(): Worker | null
}

/** A thread that keeps no process alive. `attend` is told of each that starts. */
export function createThread(entry: URL, options: WorkerOptions = {}, attend: (fresh: Worker) => void = () => undefined): Thread {
  let worker: Worker | null = null
  return {
    current: () => worker,
    open() {
      if (worker) return worker
      const fresh = new Worker(entry, options)
      fresh.unref()
      // Whoever waits for an answer hears of it; without a listener it would end this process too.
      fresh.on('error', () => undefined)
      fresh.once('exit', () => {
        if (worker === fresh) worker = null
      })
      attend(fresh)
      worker = fresh
      return fresh
    },
  }
}

/**
 * What a thread says next, where it is an answer; rejects where it ends or cannot be understood. Plain listeners: `once` with a signal makes
 * an error for every event that did not come, with each message.
 */
export async function hearAnswer<Message, Answer extends Message>(
  worker: Worker,
  isAnswer: (message: Message) => message is Answer,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const listeners = {
    message: (message: Message) => void (isAnswer(message) && resolve(message)),
    error: reject,
    messageerror: () => reject(new Error('an answer of the thread could not be taken over')),
    exit: () => reject(new Error('the thread ended before it answered')),
  }
  for (const [event, listener] of Object.entries(listeners)) worker.on(event, listener)
  try {
    return await promise
  } finally {
    for (const [event, listener] of Object.entries(listeners)) worker.off(event, listener)
  }
}
