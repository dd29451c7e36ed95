import type { Capture, Captured } from '../../metering/capture'
import type { AnswerFacts } from '../../metering/reading'
import type { AnswerShape, Operation, RequestShape, Usage } from '../operation'
import { answerCaptures, readAnswer } from './openai-answer'
import { hasHostedTool, readLimit, readRequest, requestCaptures } from './openai-request'
import type { TokenRules } from './openai-tokens'
import { addImageTool, countHostedTools, hostedToolCaptures } from './openai-tools'
import { readMembers, readTally, readText, readTotal } from './read-count'

const captures = {
  ...answerCaptures,
  ...hostedToolCaptures,
  usageInEvent: { path: 'response.usage', keep: 'last' },
  modelInEvent: { path: 'response.model', keep: 'last' },
  idInEvent: { path: 'response.id', keep: 'last' },
  tierInEvent: { path: 'response.service_tier', keep: 'last' },
  errorInEvent: { path: 'response.error', keep: 'last' },
  status: { path: 'status', keep: 'last' },
  statusInEvent: { path: 'response.status', keep: 'last' },
  cut: { path: 'incomplete_details.reason', keep: 'last' },
  cutInEvent: { path: 'response.incomplete_details.reason', keep: 'last' },
  text: { path: 'output[].content[].text', keep: 'characters' },
  arguments: { path: 'output[].arguments', keep: 'characters' },
  delta: { path: 'delta', keep: 'characters' },
  summary: { path: 'output[].summary[].text', keep: 'characters' },
} as const satisfies Record<string, Capture>

/** https://platform.openai.com/docs/api-reference/responses-streaming: the usage comes with completed, incomplete and failed. */
export const createResponsesAnswer = (rules: TokenRules = {}): AnswerShape => ({
  captures,
  read(captured, facts) {
    const usage = readAnswer(captured, facts, rules, captured['usageInEvent'] ?? captured['usage'])
    const withTools = addImageTool({ ...usage, vector: { ...usage.vector, searches: countHostedTools(captured) } }, captured)
    return { ...withTools, ...readOutcome(captured, usage), error: readEventError(captured, facts) ?? usage.error }
  },
  usageOption: null,
})

function readOutcome(captured: Captured, usage: Usage): Partial<Usage> {
  const status = readText(captured['statusInEvent'], captured['status'])
  const isOpen = status === 'in_progress' || status === 'queued'
  return {
    model: readText(captured['modelInEvent']) ?? usage.model,
    responseId: readText(captured['idInEvent']) ?? usage.responseId,
    serviceTier: readText(captured['tierInEvent']) ?? usage.serviceTier,
    finishReason: readText(captured['cutInEvent'], captured['cut']) ?? (isOpen ? null : status),
    characters: {
      text: readTotal(captured['delta']) || readTotal(captured['text']) + readTotal(captured['arguments']),
      reasoning: readTotal(captured['summary']),
    },
  }
}

/** An event may be an error by itself: `{ type: "error", code, message }`. */
function readEventError(captured: Captured, facts: AnswerFacts): Usage['error'] {
  const inEvent = readMembers(captured['errorInEvent'])
  if (inEvent) return { type: readText(inEvent['type']), code: readText(inEvent['code']) }
  if (facts.status >= 400 || captured['error'] !== undefined || readTally(captured['events'], 'error') === 0) return null
  return { type: 'error', code: readText(captured['errorCode']) }
}

/** Context that lies at the provider, and what its tools and pictures add, is not among the bytes. */
const unboundedPaths = [
  'previous_response_id',
  'conversation',
  'prompt',
  'input[].content[].image_url',
  'input[].content[].file_id',
  'input[].content[].file_url',
  'input[].content[].file_data',
  'input[].output.image_url',
  'input[].output.file_id',
  'input[].output[].image_url',
  'input[].output[].file_id',
  'input[].output[].file_url',
  'input[].output[].file_data',
]

const requestShapeCaptures = {
  ...requestCaptures,
  ...Object.fromEntries(unboundedPaths.map((path, index) => [`unbounded${index}`, { path, keep: 'count' } as const])),
  maxTokens: { path: 'max_output_tokens', keep: 'last' },
  items: { path: 'input[].type', keep: 'values' },
  tools: { path: 'tools[].type', keep: 'values' },
} as const satisfies Record<string, Capture>

const responsesRequest: RequestShape = {
  captures: requestShapeCaptures,
  read(captured, facts) {
    const isUnbounded =
      hasHostedTool(captured['tools']) ||
      readTally(captured['items'], 'item_reference') > 0 ||
      unboundedPaths.some((_, index) => readTotal(captured[`unbounded${index}`]) > 0)
    return readRequest(captured, facts, {
      maxOutputTokens: readLimit(captured['maxTokens'], null),
      ...(isUnbounded && { maxInputTokens: null }),
    })
  },
}

export const createResponsesOperation = (path = '/responses', rules: TokenRules = {}): Operation => ({
  kind: 'responses',
  method: 'POST',
  path,
  // What compacts a conversation takes no limit.
  request: path.endsWith('/compact') ? responsesRequest : { ...responsesRequest, outputCap: ['max_output_tokens'] },
  answer: createResponsesAnswer(rules),
})
