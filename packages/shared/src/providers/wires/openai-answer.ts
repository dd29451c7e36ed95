import type { Capture, Captured } from '../../metering/capture'
import type { AnswerFacts } from '../../metering/reading'
import { oneRequest } from '../../pricing/vector'
import type { AnswerShape, Usage } from '../operation'
import { errorCaptures, readAnswerError } from './openai-errors'
import { readTokens, type TokenRules } from './openai-tokens'
import { readMembers, readText, readTotal } from './read-count'

export const noUsage: Usage = {
  vector: oneRequest(),
  imageTokens: { input: 0, output: 0 },
  isTold: false,
  mismatch: null,
  raw: null,
  model: null,
  responseId: null,
  finishReason: null,
  serviceTier: null,
  reportedNanos: null,
  error: null,
}

/** The first words of a chunk may be empty, as Azure's are, so the last ones count too. */
export const answerCaptures = {
  ...errorCaptures,
  model: { path: 'model', keep: 'first' },
  lastModel: { path: 'model', keep: 'last' },
  id: { path: 'id', keep: 'first' },
  lastId: { path: 'id', keep: 'last' },
  usage: { path: 'usage', keep: 'last' },
  tier: { path: 'service_tier', keep: 'last' },
} as const satisfies Record<string, Capture>

/** What most answers of this family tell; `raw` is the usage object where it stands elsewhere. */
export function readAnswer(captured: Captured, facts: AnswerFacts, rules: TokenRules = {}, raw: unknown = captured['usage']): Usage {
  const usage = readMembers(raw)
  const mismatches: string[] = []
  const tokens = usage && readTokens(usage, rules, mismatches)
  return {
    vector: oneRequest(tokens?.counts),
    imageTokens: tokens?.imageTokens ?? noUsage.imageTokens,
    isTold: tokens?.isTold ?? false,
    mismatch: joinMismatches(mismatches),
    raw: usage && { ...usage },
    model: readText(captured['model'], captured['lastModel']),
    responseId: readText(captured['id'], captured['lastId']),
    finishReason: null,
    serviceTier: readText(captured['tier'], usage?.['service_tier']),
    reportedNanos: null,
    error: readAnswerError(captured, facts),
  }
}

export const joinMismatches = (mismatches: readonly (string | null)[]): string | null =>
  mismatches.filter((one) => one !== null && one !== '').join('; ') || null

/** Captures of the characters at several paths, to be added up again by `sumCharacters`. */
export const captureCharacters = (prefix: string, paths: readonly string[]): Record<string, Capture> =>
  Object.fromEntries(paths.map((path, index) => [`${prefix}${index}`, { path, keep: 'characters' }]))

export function sumCharacters(captured: Captured, prefix: string, count: number): number {
  let sum = 0
  for (let index = 0; index < count; index++) sum += readTotal(captured[nameOf(prefix, index)])
  return sum
}

const names = new Map<string, string[]>()

/** A name that is put together anew is looked up slowly, and this runs for every call. */
function nameOf(prefix: string, index: number): string {
  const known = names.get(prefix) ?? []
  if (known.length === 0) names.set(prefix, known)
  const name = known[index] ?? `${prefix}${index}`
  known[index] = name
  return name
}

/** A shape with more captures, whose reading a provider completes. */
export function extendAnswer(
  shape: AnswerShape,
  captures: Readonly<Record<string, Capture>>,
  complete: (usage: Usage, captured: Captured, facts: AnswerFacts) => Usage,
): AnswerShape {
  return {
    ...shape,
    captures: { ...shape.captures, ...captures },
    read: (captured, facts) => complete(shape.read(captured, facts), captured, facts),
  }
}

/** An answer that costs nothing by itself, or what the request alone is billed for. */
export const bareAnswer: AnswerShape = {
  captures: errorCaptures,
  read: (captured, facts) => ({ ...noUsage, isTold: facts.status < 400, error: readAnswerError(captured, facts) }),
  usageOption: null,
}
