import type { Worker } from 'node:worker_threads'
import { AppError } from '../../platform/errors'
import { createThread, hearAnswer } from '../../platform/thread'
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

/** One thread and its queue. */
function createLane(entry: URL): Lane {
  const thread = createThread(entry)
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  const decode = async (request: DecodeRequest) => {
    try {
      return await collect(thread.open(), request)
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
      await thread.current()?.terminate()
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

const nextAnswer = (worker: Worker): Promise<DecodeAnswer> =>
  hearAnswer(worker, (_: DecodeAnswer): _ is DecodeAnswer => true).catch((cause: unknown) => {
    throw new AppError('unavailable', { message: 'The body could not be read right now. Send it again in a moment.', cause })
  })
