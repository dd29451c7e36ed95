import { parentPort } from 'node:worker_threads'
import { writeParts } from './batch-parts'
import type { DecodeAnswer, DecodeRequest } from './decode-pool'
import { MalformedOtlp } from './otlp/signal'
import { readBatch } from './read-batch'

/** The pieces that the other side has not asked for yet. */
let parts: Iterator<string[]> | null = null

parentPort?.on('message', (message: DecodeRequest | 'next') => answer(message === 'next' ? nextPart() : decode(message)))

const answer = (message: DecodeAnswer) => parentPort?.postMessage(message)

function decode({ signal, encoding, body }: DecodeRequest): DecodeAnswer {
  try {
    parts = writeParts(readBatch(signal, encoding, Buffer.from(body)))
    return nextPart()
  } catch (error) {
    if (error instanceof MalformedOtlp) return { malformed: error.message }
    throw error
  } finally {
    body.transfer(0) // its memory is wanted for the next one, and nothing that was read looks into it
  }
}

function nextPart(): DecodeAnswer {
  const { value, done } = parts?.next() ?? { value: undefined, done: true }
  if (!done && value) return { part: value }
  parts = null
  return 'end'
}
