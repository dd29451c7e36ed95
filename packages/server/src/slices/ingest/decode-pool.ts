import { Worker } from 'node:worker_threads'
import { AppError } from '../../platform/errors'
import { joinPart } from './batch-parts'
import type { Signal } from './otlp/answer'
import type { OtlpEncoding } from './otlp/encoding'
import { MalformedOtlp } from './otlp/signal'
import { type ReadBatch, readBatch } from './read-batch'

export interface DecodeRequest {
  signal: Signal
  encoding: OtlpEncoding
  body: ArrayBuffer
}
/** A part is a piece of a batch as `writeParts` wrote it. */
export type DecodeAnswer = { part: string[] } | { malformed: string } | 'end'

export interface DecodePool {
  /** The body is given away: nobody may read it afterwards. */
  decode(signal: Signal, encoding: OtlpEncoding, body: Buffer): Promise<ReadBatch>
  close(): Promise<void>
}

/** Smaller bodies are read at once: that takes less time than telling another thread of them. */
export const inlineBytes = 256 * 1024

/** Threads that read large bodies, so that everybody else is answered meanwhile. They start when they are first needed. */
export function createDecodePool(entry: URL, size: number): DecodePool {
  const lanes = Array.from({ length: size }, () => createLane(entry))
  return {
    decode: async (signal, encoding, body) => {
      if (body.byteLength <= inlineBytes) return readBatch(signal, encoding, body)
      const lane = lanes.reduce((best, other) => (other.waiting() < best.waiting() ? other : best))
      return lane.run({ signal, encoding, body: toOwnMemory(body) })
    },
    close: async () => void (await Promise.all(lanes.map((lane) => lane.close()))),
  }
}

const toOwnMemory = ({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer =>
  buffer instanceof ArrayBuffer && byteLength === buffer.byteLength ? buffer : new Uint8Array(buffer, byteOffset, byteLength).slice().buffer

interface Lane {
  waiting(): number
  run(request: DecodeRequest): Promise<ReadBatch>
  close(): Promise<void>
}

/** One thread and its queue. A thread that died is replaced by the next body. */
function createLane(entry: URL): Lane {
  let worker: Worker | null = null
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  const open = (): Worker => {
    if (worker) return worker
    const fresh = new Worker(entry)
    fresh.unref()
    // Whoever waits for an answer hears of it; without a listener it would end this process too.
    fresh.on('error', () => undefined)
    fresh.once('exit', () => {
      if (worker === fresh) worker = null
    })
    worker = fresh
    return fresh
  }

  const decode = async (request: DecodeRequest) => {
    try {
      return await collect(open(), request)
    } finally {
      waiting--
    }
  }

  return {
    waiting: () => waiting,
    run(request) {
      waiting++
      const result = last.then(() => decode(request))
      last = result.catch(() => undefined)
      return result
    },
    async close() {
      await last
      await worker?.terminate()
    },
  }
}

/** Piece by piece, each asked for after the one before it was taken in. */
async function collect(worker: Worker, request: DecodeRequest): Promise<ReadBatch> {
  const batch: ReadBatch = { leased: [], observed: [], edges: [], dropped: 0, malformed: 0 }
  worker.postMessage(request, [request.body])
  for (let answer = await nextAnswer(worker); answer !== 'end'; answer = await nextAnswer(worker)) {
    if ('malformed' in answer) throw new MalformedOtlp(answer.malformed)
    joinPart(batch, answer.part)
    worker.postMessage('next')
  }
  return batch
}

/** Plain listeners: `once` with a signal makes an error for every event that did not come, with each message. */
async function nextAnswer(worker: Worker): Promise<DecodeAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<DecodeAnswer>()
  const fail = (cause: unknown) =>
    reject(new AppError('unavailable', { message: 'The body could not be read right now. Send it again in a moment.', cause }))
  const listeners = {
    message: resolve,
    error: fail,
    messageerror: () => fail(new Error('an answer of the thread could not be taken over')),
    exit: () => fail(new Error('the thread that read the body ended')),
  }
  for (const [event, listener] of Object.entries(listeners)) worker.on(event, listener)
  try {
    return await promise
  } finally {
    for (const [event, listener] of Object.entries(listeners)) worker.off(event, listener)
  }
}
