import type { Captured } from '../../metering/capture'
import type { AnswerFacts } from '../../metering/reading'
import type { AnswerShape, Usage } from '../operation'
import { mergeUsage, readAnthropicTier, readAnthropicVector } from './anthropic-usage'
import { createCounter } from './counter'
import { captureCharacters, noUsage, sumCharacters } from './openai-answer'
import { errorCaptures, readAnswerError } from './openai-errors'
import { readMembers, readText } from './read-count'

const textPaths = ['content[].text', 'delta.text', 'delta.partial_json']
const thinkingPaths = ['content[].thinking', 'delta.thinking']

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
export const messageCaptures = {
  ...errorCaptures,
  ...captureCharacters('text', textPaths),
  ...captureCharacters('thinking', thinkingPaths),
  openingUsage: { path: 'message.usage', keep: 'first' },
  usage: { path: 'usage', keep: 'last' },
  openingModel: { path: 'message.model', keep: 'first' },
  model: { path: 'model', keep: 'first' },
  openingId: { path: 'message.id', keep: 'first' },
  id: { path: 'id', keep: 'first' },
  stopReason: { path: 'stop_reason', keep: 'last' },
  deltaStopReason: { path: 'delta.stop_reason', keep: 'last' },
} as const satisfies AnswerShape['captures']

/** A stream opens with its input and a placeholder of output. Until it says why it stopped, later events tell running counts. */
export function readMessage(captured: Captured, facts: AnswerFacts): Usage {
  const counter = createCounter()
  const opening = readMembers(captured['openingUsage'])
  const last = readMembers(captured['usage']) ?? {}
  const usage = opening ? mergeUsage(opening, last) : last
  const finishReason = readText(captured['deltaStopReason'], captured['stopReason'])
  const hasOutput = last['output_tokens'] !== undefined
  const model = readText(captured['openingModel'], captured['model'])
  const vector = readAnthropicVector(hasOutput ? usage : { ...usage, output_tokens: 0, output_tokens_details: null }, model, counter)
  return {
    ...noUsage,
    vector,
    isTold: hasOutput && (opening === null || finishReason !== null),
    mismatch: counter.mismatch(),
    raw: Object.keys(usage).length > 0 ? { ...usage } : null,
    model,
    responseId: readText(captured['openingId'], captured['id']),
    finishReason,
    serviceTier: readAnthropicTier(usage),
    error: readAnswerError(captured, facts),
    characters: {
      text: sumCharacters(captured, 'text', textPaths.length),
      reasoning: sumCharacters(captured, 'thinking', thinkingPaths.length),
    },
  }
}

export const anthropicMessagesAnswer: AnswerShape = { captures: messageCaptures, read: readMessage, usageOption: null }
