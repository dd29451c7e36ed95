import type { Captured } from '../../metering/capture'
import type { AnswerFacts, UsageReading } from '../../metering/reading'
import type { AnswerShape, Usage } from '../operation'
import { readWord } from '../probe'
import { createCounter } from './counter'
import { readGeminiTier, readGeminiTokens } from './gemini-usage'
import { noUsage } from './openai-answer'
import { readMembers, readText, readTotal } from './read-count'

export const googleErrorCaptures = {
  errorStatus: { path: 'error.status', keep: 'first' },
  errorCode: { path: 'error.code', keep: 'first' },
} as const satisfies AnswerShape['captures']

/** https://cloud.google.com/apis/design/errors */
export function readGoogleError({ errorStatus, errorCode }: Captured): UsageReading['error'] {
  if (errorStatus === undefined && errorCode === undefined) return null
  const code = typeof errorCode === 'number' ? String(errorCode) : readText(errorCode)
  return { type: readWord(readText(errorStatus) ?? undefined), code: readWord(code ?? undefined) }
}

/** https://ai.google.dev/api/generate-content. A stream repeats its usage in every chunk; the last one counts. */
export const geminiAnswer: AnswerShape = {
  captures: {
    ...googleErrorCaptures,
    usage: { path: 'usageMetadata', keep: 'last' },
    model: { path: 'modelVersion', keep: 'last' },
    id: { path: 'responseId', keep: 'first' },
    finish: { path: 'candidates[].finishReason', keep: 'last' },
    blocked: { path: 'promptFeedback.blockReason', keep: 'first' },
    queries: { path: 'candidates[].groundingMetadata.webSearchQueries', keep: 'last' },
    text: { path: 'candidates[].content.parts[].text', keep: 'characters' },
  },
  usageOption: null,
  read: readGeminiAnswer,
}

/** Until it says why it finished, a stream tells running counts. */
function readGeminiAnswer(captured: Captured, { params, request }: AnswerFacts): Usage {
  const counter = createCounter()
  const usage = readMembers(captured['usage'])
  const model = readText(captured['model'])
  const queries = Array.isArray(captured['queries']) ? captured['queries'].length : 0
  const tokens = usage && readGeminiTokens(usage, countSearches(model ?? params['model'] ?? '', queries), counter)
  const finishReason = readText(captured['finish'], captured['blocked'])
  return {
    ...noUsage,
    vector: tokens?.vector ?? noUsage.vector,
    imageTokens: tokens?.imageTokens ?? noUsage.imageTokens,
    isTold: usage?.['promptTokenCount'] !== undefined && (finishReason !== null || !request.isStream),
    mismatch: counter.mismatch(),
    raw: usage && { ...usage },
    model,
    responseId: readText(captured['id']),
    finishReason,
    serviceTier: usage && readGeminiTier(usage),
    error: readGoogleError(captured),
    characters: { text: readTotal(captured['text']), reasoning: 0 },
  }
}

/** Up to Gemini 2 a grounded answer is one search, later each query is. https://ai.google.dev/gemini-api/docs/pricing */
const countSearches = (model: string, queries: number) => (/gemini-[12]\b/.test(model) ? Math.min(1, queries) : queries)
