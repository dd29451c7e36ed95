import type { Capture } from '../../metering/capture'
import type { AnswerShape, Operation, RequestShape } from '../operation'
import { answerCaptures, readAnswer } from './openai-answer'
import { type ChatRules, chatUsageOption } from './openai-chat'
import { multiplyLimits, needsUsageOption, readLargestLimit, readLimit, readRequest, requestCaptures } from './openai-request'
import { readText, readTotal } from './read-count'

const captures = {
  ...answerCaptures,
  text: { path: 'choices[].text', keep: 'characters' },
  finish: { path: 'choices[].finish_reason', keep: 'last' },
} as const satisfies Record<string, Capture>

export const createCompletionAnswer = (rules: ChatRules): AnswerShape => ({
  captures,
  read: (captured, facts) => ({
    ...readAnswer(captured, facts, rules),
    finishReason: readText(captured['finish']),
    characters: { text: readTotal(captured['text']) },
  }),
  usageOption: rules.asksForUsage ? chatUsageOption : null,
})

const requestShapeCaptures = {
  ...requestCaptures,
  maxTokens: { path: 'max_tokens', keep: 'last' },
  choices: { path: 'n', keep: 'last' },
  candidates: { path: 'best_of', keep: 'last' },
  firstPrompt: { path: 'prompt[]', keep: 'first' },
  prompts: { path: 'prompt[]', keep: 'count' },
} as const satisfies Record<string, Capture>

/** Every prompt of a list makes its own choices; a list of numbers is one prompt in tokens. */
export const createCompletionRequest = ({ asksForUsage = false }: ChatRules): RequestShape => ({
  captures: requestShapeCaptures,
  outputCap: ['max_tokens'],
  read(captured, facts) {
    const prompts = typeof captured['firstPrompt'] === 'number' ? 1 : Math.max(1, readTotal(captured['prompts']))
    const choices = readLargestLimit(captured['choices'], captured['candidates'] ?? 1)
    return readRequest(captured, facts, {
      maxOutputTokens: multiplyLimits(readLimit(captured['maxTokens'], null), choices, prompts),
      needsUsageOption: asksForUsage && needsUsageOption(captured),
    })
  },
})

export const createCompletionOperation = (path = '/completions', rules: ChatRules = {}): Operation => ({
  kind: 'completion',
  method: 'POST',
  path,
  request: createCompletionRequest(rules),
  answer: createCompletionAnswer(rules),
})
