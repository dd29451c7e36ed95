import type { ImageTokens, UsageVector } from '@keylease/shared/pricing/vector'

/** Counts as an instrumentation tells them; null is not told. */
export interface ToldCounts {
  input: number | null
  output: number | null
  cacheRead: number | null
  cacheWrite: number | null
  cacheWrite5m: number | null
  cacheWrite1h: number | null
  reasoning: number | null
  audioIn: number | null
  audioCached: number | null
  audioOut: number | null
  imageIn: number | null
  imageOut: number | null
  total: number | null
}

/** Whether a part lies inside its whole or is told beside it; null where nobody knows. */
export interface CountRules {
  cache: 'inside' | 'beside' | null
  reasoning: 'inside' | 'beside' | null
}

export interface DisjointCounts {
  counts: Partial<UsageVector>
  imageTokens: ImageTokens
  mismatch: string | null
}

interface Sides {
  input: number
  output: number
  cached: number
  reasoning: number
}

interface Reading {
  isCacheBeside: boolean
  isReasoningBeside: boolean
}

/** By what most write, first: https://opentelemetry.io/docs/specs/semconv/gen-ai has every part inside its whole. */
const readings: readonly Reading[] = [
  { isCacheBeside: false, isReasoningBeside: false },
  { isCacheBeside: false, isReasoningBeside: true },
  { isCacheBeside: true, isReasoningBeside: false },
  { isCacheBeside: true, isReasoningBeside: true },
]

/** Counts that may include one another become classes that do not. A total decides where it can. */
export function toDisjointCounts(told: ToldCounts, rules: CountRules): DisjointCounts {
  const written = (told.cacheWrite5m ?? 0) + (told.cacheWrite1h ?? 0)
  const cacheWrite = told.cacheWrite ?? written
  const cacheRead = told.cacheRead ?? 0
  const sides = { input: told.input ?? 0, output: told.output ?? 0, cached: cacheRead + cacheWrite, reasoning: told.reasoning ?? 0 }
  const faults: string[] = []
  const { isCacheBeside, isReasoningBeside } = chooseReading(sides, told.total, rules, faults)
  const cacheWrite1h = Math.min(told.cacheWrite1h ?? 0, cacheWrite)
  const inputs = splitInput(isCacheBeside ? sides.input : sides.input - sides.cached, told, faults)
  const outputs = splitOutput(isReasoningBeside ? sides.output : sides.output - sides.reasoning, told, faults)
  return {
    counts: {
      ...inputs.counts,
      cacheRead,
      cacheWrite5m: cacheWrite - cacheWrite1h,
      cacheWrite1h,
      ...outputs.counts,
      reasoning: sides.reasoning,
    },
    imageTokens: { input: inputs.images, output: outputs.images },
    mismatch: faults.length === 0 ? null : faults.join('; ').slice(0, 200),
  }
}

function chooseReading(sides: Sides, total: number | null, rules: CountRules, faults: string[]): Reading {
  const fitting = readings.filter((reading) => isPossible(sides, reading) && isByRule(reading, rules))
  const possible = fitting.length > 0 ? fitting : readings.filter((reading) => isPossible(sides, reading))
  const [first = everythingBeside] = possible
  // Where the total cannot tell two apart, the one that a rule or custom names stands.
  const proven = total === null ? first : possible.find((reading) => sumOf(sides, reading) === total)
  if (proven) return proven
  const isExplained = readings.some((reading) => sumOf(sides, reading) === total)
  if (!isExplained) faults.push(`the total is ${total}, its parts add up to ${sumOf(sides, first)}`)
  return first
}

const everythingBeside: Reading = { isCacheBeside: true, isReasoningBeside: true }

const isPossible = ({ input, output, cached, reasoning }: Sides, { isCacheBeside, isReasoningBeside }: Reading): boolean =>
  (isCacheBeside || cached <= input) && (isReasoningBeside || reasoning <= output)

const isByRule = (reading: Reading, { cache, reasoning }: CountRules): boolean =>
  (cache === null || reading.isCacheBeside === (cache === 'beside')) &&
  (reasoning === null || reading.isReasoningBeside === (reasoning === 'beside'))

const sumOf = ({ input, output, cached, reasoning }: Sides, { isCacheBeside, isReasoningBeside }: Reading): number =>
  input + output + (isCacheBeside ? cached : 0) + (isReasoningBeside ? reasoning : 0)

function splitInput(fresh: number, told: ToldCounts, faults: string[]) {
  const audio = Math.max(0, (told.audioIn ?? 0) - (told.audioCached ?? 0))
  if ((told.audioIn ?? 0) > fresh + (told.cacheRead ?? 0)) faults.push('audio is more than the input')
  // Audio may be among the cached tokens, so what is left bounds it without being wrong.
  const audioIn = Math.min(audio, fresh)
  const inputUncached = fresh - audioIn
  return { counts: { inputUncached, audioIn }, images: Math.min(told.imageIn ?? 0, inputUncached) }
}

function splitOutput(answer: number, told: ToldCounts, faults: string[]) {
  if ((told.audioOut ?? 0) > answer) faults.push('audio is more than the output')
  const audioOut = Math.min(told.audioOut ?? 0, answer)
  const outputText = answer - audioOut
  return { counts: { outputText, audioOut }, images: Math.min(told.imageOut ?? 0, outputText) }
}
