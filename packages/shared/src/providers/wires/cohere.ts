import type { Captured } from '../../metering/capture'
import type { AnswerFacts, UsageReading } from '../../metering/reading'
import { oneRequest } from '../../pricing/vector'
import type { AnswerShape, Operation, RequestShape, Usage } from '../operation'
import { createCounter } from './counter'
import { captureCharacters, noUsage, sumCharacters } from './openai-answer'
import { readLimit, readRequest } from './openai-request'
import { readMembers, readText, readTotal } from './read-count'

const textPaths = [
  'message.content[].text',
  'message.tool_plan',
  'message.tool_calls[].function.arguments',
  'delta.message.content.text',
  'delta.message.tool_plan',
  'delta.message.tool_calls.function.arguments',
  'text',
]
const thinkingPaths = ['message.content[].thinking', 'delta.message.content.thinking']

/** https://docs.cohere.com/reference/chat; the last three places are those of version 1. What is billed counts, not what was consumed. */
const usagePaths = ['usage', 'delta.usage', 'meta', 'response.meta']

const answerCaptures = {
  ...captureCharacters('text', textPaths),
  ...captureCharacters('thinking', thinkingPaths),
  ...Object.fromEntries(usagePaths.map((path, index) => [`usage${index}`, { path, keep: 'last' } as const])),
  id: { path: 'id', keep: 'first' },
  generation: { path: 'generation_id', keep: 'first' },
  finish: { path: 'finish_reason', keep: 'last' },
  deltaFinish: { path: 'delta.finish_reason', keep: 'last' },
  streamError: { path: 'delta.error', keep: 'count' },
} as const satisfies AnswerShape['captures']

const cohereAnswer: AnswerShape = { captures: answerCaptures, usageOption: null, read: readCohere }

function readCohere(captured: Captured, facts: AnswerFacts): Usage {
  const counter = createCounter()
  const usage = usagePaths.map((_, index) => readMembers(captured[`usage${index}`])).find((one) => one?.['billed_units'] !== undefined)
  const billed = readMembers(usage?.['billed_units'])
  const count = (name: string) => counter.count(billed?.[name], name)
  const imageTokens = count('image_tokens')
  const finishReason = readText(captured['deltaFinish'], captured['finish'])
  return {
    ...noUsage,
    vector: oneRequest({
      inputUncached: count('input_tokens') + imageTokens,
      outputText: count('output_tokens'),
      searches: count('search_units'),
      images: imageTokens > 0 ? 0 : count('images'),
    }),
    imageTokens: { input: imageTokens, output: 0 },
    isTold: billed !== null,
    mismatch: counter.mismatch(),
    raw: usage ? { ...usage } : null,
    responseId: readText(captured['id'], captured['generation']),
    finishReason,
    error: readCohereError(captured, facts, finishReason),
    characters: {
      text: sumCharacters(captured, 'text', textPaths.length),
      reasoning: sumCharacters(captured, 'thinking', thinkingPaths.length),
    },
  }
}

/** An error has a message and no name; a stream that failed finishes as ERROR. */
function readCohereError({ streamError }: Captured, { status }: AnswerFacts, finishReason: string | null): UsageReading['error'] {
  if (status >= 400) return { type: null, code: null }
  return finishReason === 'ERROR' || readTotal(streamError) > 0 ? { type: 'ERROR', code: null } : null
}

const requestCaptures = {
  model: { path: 'model', keep: 'last' },
  stream: { path: 'stream', keep: 'last' },
  maxTokens: { path: 'max_tokens', keep: 'last' },
  images: { path: 'messages[].content[].image_url', keep: 'count' },
  connectors: { path: 'connectors[]', keep: 'count' },
  tools: { path: 'tools[]', keep: 'count' },
  conversation: { path: 'conversation_id', keep: 'count' },
} as const satisfies RequestShape['captures']

/** Images may lie elsewhere; connectors and a kept conversation bring in more than was sent. */
const chatRequest: RequestShape = {
  captures: requestCaptures,
  outputCap: ['max_tokens'],
  read(captured, facts) {
    const isOpen = [captured['images'], captured['connectors'], captured['conversation']].some((count) => readTotal(count) > 0)
    const tools = readTotal(captured['tools']) > 0 ? toolTokenCeiling : 0
    return readRequest(captured, facts, {
      maxOutputTokens: readLimit(captured['maxTokens'], null),
      maxInputTokens: isOpen ? null : facts.bytes + tools,
    })
  },
}
/** The instructions that the provider adds for tools. */
const toolTokenCeiling = 1_000

const inputRequest: RequestShape = {
  captures: {
    model: requestCaptures.model,
    images: { path: 'inputs[].content[].image_url', keep: 'count' },
    image: { path: 'images[]', keep: 'count' },
  },
  read: (captured, facts) =>
    readRequest(captured, facts, {
      maxOutputTokens: 0,
      maxInputTokens: readTotal(captured['images']) + readTotal(captured['image']) > 0 ? null : facts.bytes,
    }),
}

export const cohereOperations: Operation[] = [
  { kind: 'chat', method: 'POST', path: '/v2/chat', request: chatRequest, answer: cohereAnswer },
  { kind: 'chat', method: 'POST', path: '/v1/chat', request: chatRequest, answer: cohereAnswer },
  ...['/v2/embed', '/v1/embed'].map(
    (path): Operation => ({ kind: 'embeddings', method: 'POST', path, request: inputRequest, answer: cohereAnswer }),
  ),
  ...['/v2/rerank', '/v1/rerank'].map(
    (path): Operation => ({ kind: 'rerank', method: 'POST', path, request: inputRequest, answer: cohereAnswer }),
  ),
]
