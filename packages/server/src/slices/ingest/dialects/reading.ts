import { oneRequest } from '@keylease/shared/pricing/vector'
import { hideKeys } from '@keylease/shared/providers/leaks'
import type { Attributes } from '../otlp/signal'
import type { ToldCall } from './call'
import type { Names } from './dialect'
import { firstCost, firstCount, firstNumber, firstText, firstTexts } from './fields'
import { type CountRules, type ToldCounts, toDisjointCounts } from './normalise'
import type { Outcome } from './outcome'
import { readNumber } from './read'

interface End extends Outcome {
  hasOutput: boolean
  countsItself: boolean
}

/** The counts of one call in classes that do not overlap, with what else its attributes tell of the answer. */
export function toReading(attributes: Attributes, names: Names, rules: CountRules, end: End): ToldCall['reading'] {
  const told = readTold(attributes, names)
  const { counts, imageTokens, mismatch } = toDisjointCounts(told, rules)
  const units = readUnits(attributes, names)
  const isSilent = told.input === null && told.output === null
  const isTold = end.hasOutput ? told.input !== null && told.output !== null : told.input !== null || units.seconds + units.characters > 0
  // Providers bill no refusal: one that tells no use cost nothing, and that is exact.
  const isRefused = isSilent && end.status === 'error' && (end.httpStatus ?? 0) >= 400
  return {
    vector: oneRequest({ ...counts, ...units, ...(isRefused && { requests: 0 }) }),
    imageTokens,
    quality: isRefused || (isTold && end.status === 'ok' && mismatch === null && !end.countsItself) ? 'exact' : 'estimated',
    mismatch,
    model: toText(firstText(attributes, names.responseModel)),
    responseId: toText(firstText(attributes, names.responseId)),
    finishReason: toText(firstTexts(attributes, names.finishReason, 1)[0] ?? null),
    serviceTier: toText(firstText(attributes, names.serviceTier, 40)),
    reportedNanos: firstCost(attributes, names.cost),
    error: end.error,
    characters: { text: 0, reasoning: 0 },
  }
}

const readTold = (attributes: Attributes, names: Names): ToldCounts => {
  const count = (field: keyof ToldCounts) => firstCount(attributes, names[field])
  const input = count('input')
  return {
    input: input === null ? null : input + (firstCount(attributes, names.toolInput) ?? 0),
    output: count('output'),
    cacheRead: count('cacheRead'),
    cacheWrite: count('cacheWrite'),
    cacheWrite5m: count('cacheWrite5m'),
    cacheWrite1h: count('cacheWrite1h'),
    reasoning: count('reasoning'),
    audioIn: count('audioIn'),
    audioCached: count('audioCached'),
    audioOut: count('audioOut'),
    imageIn: count('imageIn'),
    imageOut: count('imageOut'),
    total: count('total'),
  }
}

const readUnits = (attributes: Attributes, names: Names) => ({
  seconds: firstNumber(attributes, names.seconds) ?? 0,
  characters: firstCount(attributes, names.characters) ?? 0,
})

/** No key is shorter than this. */
const shortestKey = 15

/** Anybody may send a key in anything. */
export const toText = (text: string | null): string | null => (text === null || text.length < shortestKey ? text : hideKeys(text))

const usageName =
  /^(?:gen_ai\.(?:usage|cost)\.|ai\.usage\.|llm\.(?:usage|token_count|cost)\.|litellm\.(?:usage|cost)\.|operation\.cost$|cost_usd$)|_tokens?(?:_count)?$/
const mostRaw = 40

/** Every number that was told of the use, under the name it came by, as JSON. */
export function readRaw(attributes: Attributes): string | null {
  const raw = new Map<string, number>()
  for (const name of Object.keys(attributes)) {
    if (raw.size >= mostRaw) break
    const value = usageName.test(name) ? readNumber(attributes, name) : null
    if (value !== null) raw.set(name, value)
  }
  return raw.size === 0 ? null : JSON.stringify(Object.fromEntries(raw))
}
