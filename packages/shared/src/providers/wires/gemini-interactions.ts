import type { Captured } from '../../metering/capture'
import type { AnswerShape, Operation, RequestShape } from '../operation'
import { readWord } from '../probe'
import type { Members } from './anthropic-usage'
import { type Counter, createCounter } from './counter'
import { googleErrorCaptures, readGoogleError } from './gemini-answer'
import { readGeminiTokens } from './gemini-usage'
import { captureCharacters, noUsage, sumCharacters } from './openai-answer'
import { readLimit, readRequest } from './openai-request'
import { readMembers, readText, readTotal } from './read-count'

const openPaths = [
  'previous_interaction_id',
  'cached_content',
  'environment',
  'agent',
  'continuation_token',
  'input[].uri',
  'input[].content[].uri',
  'tools[].type',
]

const request: RequestShape = {
  captures: {
    ...Object.fromEntries(openPaths.map((path, index) => [`open${index}`, { path, keep: 'values' } as const])),
    model: { path: 'model', keep: 'last' },
    stream: { path: 'stream', keep: 'last' },
    maxTokens: { path: 'generation_config.max_output_tokens', keep: 'last' },
    media: { path: 'input[].mime_type', keep: 'count' },
    tier: { path: 'service_tier', keep: 'last' },
  },
  outputCap: ['generation_config', 'max_output_tokens'],
  read: (captured, facts) =>
    readRequest(captured, facts, {
      maxOutputTokens: readLimit(captured['maxTokens'], null),
      maxInputTokens: isOpen(captured) ? null : facts.bytes,
      serviceTier: readText(captured['tier']),
    }),
}

/** What bytes do not bound: what lies at the provider or elsewhere, media, and what tools of its own fetch. A function is the caller's. */
const isOpen = (captured: Captured): boolean =>
  readTotal(captured['media']) > 0 ||
  openPaths.some((_, index) => Object.keys(readMembers(captured[`open${index}`]) ?? {}).some((value) => value !== 'function'))

const textPaths = ['delta.text', 'delta.arguments', 'steps[].content[].text']
const thoughtPaths = ['delta.content.text', 'steps[].summary[].text']

/** https://ai.google.dev/api/interactions-api: the usage of generateContent, by names of its own. */
const answer: AnswerShape = {
  captures: {
    ...googleErrorCaptures,
    ...captureCharacters('text', textPaths),
    ...captureCharacters('thought', thoughtPaths),
    usage: { path: 'usage', keep: 'last' },
    closingUsage: { path: 'interaction.usage', keep: 'last' },
    id: { path: 'id', keep: 'first' },
    openingId: { path: 'interaction.id', keep: 'first' },
    model: { path: 'model', keep: 'last' },
    closingModel: { path: 'interaction.model', keep: 'last' },
    status: { path: 'status', keep: 'last' },
    closingStatus: { path: 'interaction.status', keep: 'last' },
    tier: { path: 'service_tier', keep: 'last' },
  },
  usageOption: null,
  read(captured) {
    const counter = createCounter()
    const usage = readMembers(captured['closingUsage']) ?? readMembers(captured['usage'])
    const status = readWord(readText(captured['closingStatus'], captured['status']) ?? undefined)
    const tokens = usage && readGeminiTokens(toGeminiNames(usage), countSearches(usage, counter), counter)
    return {
      ...noUsage,
      vector: tokens?.vector ?? noUsage.vector,
      imageTokens: tokens?.imageTokens ?? noUsage.imageTokens,
      isTold: usage?.['total_input_tokens'] !== undefined,
      mismatch: counter.mismatch(),
      raw: usage && { ...usage },
      model: readText(captured['closingModel'], captured['model']),
      responseId: readText(captured['openingId'], captured['id']),
      finishReason: status === 'in_progress' ? null : status,
      serviceTier: readText(captured['tier']),
      error: readGoogleError(captured),
      characters: {
        text: sumCharacters(captured, 'text', textPaths.length),
        reasoning: sumCharacters(captured, 'thought', thoughtPaths.length),
      },
    }
  },
}

const toGeminiNames = (usage: Members): Members => ({
  promptTokenCount: usage['total_input_tokens'],
  cachedContentTokenCount: usage['total_cached_tokens'],
  candidatesTokenCount: usage['total_output_tokens'],
  thoughtsTokenCount: usage['total_thought_tokens'],
  toolUsePromptTokenCount: usage['total_tool_use_tokens'],
  totalTokenCount: usage['total_tokens'],
  promptTokensDetails: toGeminiModalities(usage['input_tokens_by_modality']),
  cacheTokensDetails: toGeminiModalities(usage['cached_tokens_by_modality']),
  candidatesTokensDetails: toGeminiModalities(usage['output_tokens_by_modality']),
  toolUsePromptTokensDetails: toGeminiModalities(usage['tool_use_tokens_by_modality']),
})

const toGeminiModalities = (details: unknown) =>
  Array.isArray(details)
    ? details.map((entry) => ({
        modality: readText(readMembers(entry)?.['modality'])?.toUpperCase(),
        tokenCount: readMembers(entry)?.['tokens'],
      }))
    : undefined

const countSearches = (usage: Members, { count }: Counter): number =>
  (Array.isArray(usage['grounding_tool_count']) ? usage['grounding_tool_count'] : []).reduce<number>(
    (sum, entry) => sum + count(readMembers(entry)?.['count'], 'grounding_tool_count'),
    0,
  )

export const createInteractionsOperation = (path: string): Operation => ({ kind: 'responses', method: 'POST', path, request, answer })
