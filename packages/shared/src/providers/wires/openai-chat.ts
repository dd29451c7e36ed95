import type { Capture, Captured } from '../../metering/capture'
import type { AnswerShape, Operation, RequestFacts, RequestShape, UsageOption } from '../operation'
import { answerCaptures, captureCharacters, readAnswer, sumCharacters } from './openai-answer'
import {
  hasHostedTool,
  multiplyLimits,
  needsUsageOption,
  readLargestLimit,
  readLimit,
  readRequest,
  requestCaptures,
} from './openai-request'
import type { TokenRules } from './openai-tokens'
import { readText, readTotal } from './read-count'

export interface ChatRules extends TokenRules {
  /** A stream tells its usage only when it is asked. */
  asksForUsage?: boolean
  /** Where the usage stands when it is not in `usage`. */
  otherUsagePath?: string
  /** By which name the server wants the most output tokens. */
  outputCap?: 'max_tokens' | 'max_completion_tokens'
}

/** https://platform.openai.com/docs/api-reference/chat-streaming: the chunk with the usage has no choices. */
export const chatUsageOption: UsageOption = {
  body: { stream_options: { include_usage: true } },
  member: 'usage',
  otherMember: 'choices',
  captures: {
    usage: { path: 'usage', keep: 'first' },
    choices: { path: 'choices[]', keep: 'count' },
    error: { path: 'error', keep: 'count' },
  },
  toCaptured: ({ usage, choices, error }) => ({
    usage: usage ?? undefined,
    choices: Array.isArray(choices) ? choices.length : 0,
    error: error === null || error === undefined ? 0 : 1,
  }),
  isOnlyUsage: (captured) => captured['usage'] !== undefined && readTotal(captured['choices']) === 0 && readTotal(captured['error']) === 0,
}

const textPaths = ['delta', 'message'].flatMap((part) => [
  `choices[].${part}.content`,
  `choices[].${part}.content[].text`,
  `choices[].${part}.refusal`,
  `choices[].${part}.tool_calls[].function.arguments`,
  `choices[].${part}.tool_calls[].custom.input`,
])
const reasoningPaths = ['delta', 'message'].flatMap((part) => [
  `choices[].${part}.reasoning_content`,
  `choices[].${part}.content[].thinking[].text`,
])
/** Some servers send the same reasoning under this name as well. */
const reasoningTwins = ['choices[].delta.reasoning', 'choices[].message.reasoning']

const chatCaptures = {
  ...answerCaptures,
  ...captureCharacters('text', textPaths),
  ...captureCharacters('reasoning', reasoningPaths),
  ...captureCharacters('twin', reasoningTwins),
  finish: { path: 'choices[].finish_reason', keep: 'last' },
} as const satisfies Record<string, Capture>

export function createChatAnswer(rules: ChatRules = {}): AnswerShape {
  const { otherUsagePath: path } = rules
  return {
    captures: path === undefined ? chatCaptures : { ...chatCaptures, otherUsage: { path, keep: 'last' } },
    read(captured, facts) {
      const usage = readAnswer(captured, facts, rules, captured['usage'] ?? captured['otherUsage'])
      usage.finishReason = readText(captured['finish'])
      usage.characters = readCharacters(captured)
      return usage
    },
    usageOption: rules.asksForUsage ? chatUsageOption : null,
  }
}

const readCharacters = (captured: Captured) => ({
  text: sumCharacters(captured, 'text', textPaths.length),
  reasoning: Math.max(sumCharacters(captured, 'reasoning', reasoningPaths.length), sumCharacters(captured, 'twin', reasoningTwins.length)),
})

/** What bytes do not bound: images, files and what a search of the provider adds. */
const unboundedPaths = [
  'messages[].content[].image_url',
  'messages[].content[].video_url',
  'messages[].content[].audio_url',
  'messages[].content[].file',
  'messages[].content[].file_id',
  'messages[].content[].document_url',
  'web_search_options',
  'search_parameters',
  'plugins[]',
]

const unboundedNames = unboundedPaths.map((_, index) => `unbounded${index}`)

const chatRequestCaptures = {
  ...requestCaptures,
  ...Object.fromEntries(unboundedPaths.map((path, index) => [`unbounded${index}`, { path, keep: 'count' } as const])),
  maxCompletionTokens: { path: 'max_completion_tokens', keep: 'last' },
  maxTokens: { path: 'max_tokens', keep: 'last' },
  choices: { path: 'n', keep: 'last' },
  tools: { path: 'tools[].type', keep: 'values' },
  audioAddress: { path: 'messages[].content[].input_audio', keep: 'characters' },
} as const satisfies Record<string, Capture>

type ChatRequestRules = Pick<ChatRules, 'asksForUsage' | 'outputCap'>

export function createChatRequest({ asksForUsage = false, outputCap = 'max_tokens' }: ChatRequestRules = {}): RequestShape {
  return {
    captures: chatRequestCaptures,
    outputCap: [outputCap],
    read: (captured, facts) =>
      readRequest(captured, facts, {
        maxOutputTokens: readChatOutputLimit(captured),
        maxInputTokens: readChatInputLimit(captured, facts),
        needsUsageOption: asksForUsage && needsUsageOption(captured),
      }),
  }
}

const readChatOutputLimit = ({ maxCompletionTokens, maxTokens, choices }: Captured) =>
  multiplyLimits(readLargestLimit(maxCompletionTokens, maxTokens), readLimit(choices, 1))

/** OpenAI holds audio in an object; where it is a string, as at Mistral, that may be an address. */
function readChatInputLimit(captured: Captured, { bytes }: RequestFacts): number | null {
  const isUnbounded = unboundedNames.some((name) => readTotal(captured[name]) > 0)
  return isUnbounded || hasHostedTool(captured['tools']) || readTotal(captured['audioAddress']) > 0 ? null : bytes
}

export const createChatOperation = (path = '/chat/completions', rules: ChatRules = {}): Operation => ({
  kind: 'chat',
  method: 'POST',
  path,
  request: createChatRequest(rules),
  answer: createChatAnswer(rules),
})
