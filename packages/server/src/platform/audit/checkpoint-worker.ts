import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock'
import type { ThreadLog } from '../log'
import { connectMs, openPool } from '../postgres/pool'
import { checkpointAll } from './batcher'
import { createAuditSigner } from './checkpoint'
import type { CheckpointAnswer, CheckpointRequest, CheckpointRoom } from './checkpoint-thread'

const { url, key } = workerData as CheckpointRoom // as the other side made it
const answer = (message: CheckpointAnswer) => parentPort?.postMessage(message)
const sayAs =
  (level: keyof ThreadLog): ThreadLog[keyof ThreadLog] =>
  (fields, message) =>
    answer({ kind: 'log', level, fields, message })
const log: ThreadLog = { debug: sayAs('debug'), warn: sayAs('warn'), error: sayAs('error') }
const systemPool = openPool({ name: 'checkpoints', url, size: 1, waitMs: connectMs, idleMs: 0 }, log)
const room = { db: { systemPool }, clock: systemClock, signer: createAuditSigner({ ...key, key: Buffer.from(key.key) }), log }

parentPort?.on('message', (request: CheckpointRequest) => (request === 'close' ? close() : checkpoint()))

async function checkpoint(): Promise<void> {
  try {
    await checkpointAll(room)
    answer({ kind: 'done' })
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    answer({ kind: 'failed', message, stack, code: error instanceof Error && 'code' in error ? error.code : undefined })
  }
}

async function close(): Promise<void> {
  await systemPool.end()
  parentPort?.close()
}
