import type { ToldCall } from '../dialects/call'

type Reading = ToldCall['reading']
type Vector = Reading['vector']

const toVectorRow = (vector: Vector) =>
  [
    vector.inputUncached,
    vector.cacheRead,
    vector.cacheWrite5m,
    vector.cacheWrite1h,
    vector.outputText,
    vector.reasoning,
    vector.audioIn,
    vector.audioOut,
    vector.images,
    vector.requests,
    vector.searches,
    vector.seconds,
    vector.characters,
  ] as const

type VectorRow = ReturnType<typeof toVectorRow>

const readVectorRow = ([
  inputUncached,
  cacheRead,
  cacheWrite5m,
  cacheWrite1h,
  outputText,
  reasoning,
  audioIn,
  audioOut,
  images,
  requests,
  searches,
  seconds,
  characters,
]: VectorRow): Vector => ({
  inputUncached,
  cacheRead,
  cacheWrite5m,
  cacheWrite1h,
  outputText,
  reasoning,
  audioIn,
  audioOut,
  images,
  requests,
  searches,
  seconds,
  characters,
})

export const toReadingRow = (reading: Reading) =>
  [
    toVectorRow(reading.vector),
    reading.imageTokens.input,
    reading.imageTokens.output,
    reading.quality,
    reading.mismatch,
    reading.model,
    reading.responseId,
    reading.finishReason,
    reading.serviceTier,
    reading.reportedNanos === null ? null : String(reading.reportedNanos),
    reading.error,
    reading.characters.text,
    reading.characters.reasoning,
  ] as const

export type ReadingRow = ReturnType<typeof toReadingRow>

export const readReadingRow = ([
  vector,
  input,
  output,
  quality,
  mismatch,
  model,
  responseId,
  finishReason,
  serviceTier,
  reportedNanos,
  error,
  text,
  reasoning,
]: ReadingRow): Reading => ({
  vector: readVectorRow(vector),
  imageTokens: { input, output },
  quality,
  mismatch,
  model,
  responseId,
  finishReason,
  serviceTier,
  reportedNanos: reportedNanos === null ? null : BigInt(reportedNanos),
  error,
  characters: { text, reasoning },
})
