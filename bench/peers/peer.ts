import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export interface Peer {
  pid: number
  /** What a client of OpenAI is made with. */
  toOptions(baseUrl: string): { baseURL: string; apiKey: string; defaultHeaders?: Record<string, string> }
  stop(): Promise<void>
}

/** One that cannot be had here, and why. */
export interface MissingPeer {
  reason: string
}

const readyMs = 60_000

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

/** It goes with this process, however that ends. */
export function spawnPeer(command: string, parameters: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const own = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env }
  const child = spawn(command, parameters, { stdio: 'ignore', env: own })
  process.once('exit', () => child.kill('SIGKILL'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  return child
}

/** Null once it answers at all, else why it never will. */
export async function awaitReady(child: ChildProcess, url: string): Promise<MissingPeer | null> {
  const endsAt = performance.now() + readyMs
  while (performance.now() < endsAt) {
    if (child.exitCode !== null) return { reason: `it ended with ${child.exitCode} when it was started` }
    const isReady = await fetch(url).then(
      (answer) => answer.text().then(() => true),
      () => false,
    )
    if (isReady) return null
    await wait(100)
  }
  return { reason: `it did not answer within ${readyMs / 1_000} s of its start` }
}

export async function stopPeer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
