import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Place {
  /** Before the first byte of each answer of the provider. */
  delayMs: number
  serviceUrl: string
  /** Of the provider, as a client of OpenAI wants it. */
  baseUrl: string
}

export interface Counts {
  /** To the service, but for reports and the stream of events. */
  service: number
  reports: number
  provider: number
}

export interface StandIns {
  pid: number
  places: readonly Place[]
  count(): Promise<Counts>
  stop(): Promise<void>
}

/** A service that leases whatever is asked for, and a provider with an answer in hand, for each delay: in a process of their own. */
export async function startStandIns(delaysMs: readonly number[]): Promise<StandIns> {
  const child = fork(fileURLToPath(new URL('main.ts', import.meta.url)), delaysMs.map(String))
  const places = await nextMessage<Place[]>(child)
  return {
    pid: child.pid ?? 0,
    places,
    count() {
      child.send('count')
      return nextMessage<Counts>(child)
    },
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message')
  return message as T // what main.ts sends
}
