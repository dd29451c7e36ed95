import type { Captured } from '../../metering/capture'
import type { AnswerFacts } from '../../metering/reading'
import { oneRequest } from '../../pricing/vector'
import type { AnswerShape, Usage } from '../operation'
import { readWord } from '../probe'
import { messageCaptures, readMessage } from './anthropic-messages'
import type { Members } from './anthropic-usage'
import { readAwsError } from './bedrock-converse'
import { readBedrockTokens, readHeaderUsage, readMetricsUsage } from './bedrock-usage'
import { createCounter } from './counter'
import { captureCharacters, joinMismatches, noUsage, sumCharacters } from './openai-answer'
import { readTokens } from './openai-tokens'
import { readMembers, readText, readTotal } from './read-count'

/** Titan, Llama, Mistral, Cohere, Nova, and what speaks as OpenAI does. Claude's own are in its captures. */
const vendorTextPaths = [
  'results[].outputText',
  'outputText',
  'generation',
  'outputs[].text',
  'generations[].text',
  'output.message.content[].text',
  'contentBlockDelta.delta.text',
  'choices[].message.content',
  'choices[].delta.content',
]

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html: the body is the vendor's; headers or the last chunk count. */
export const invokeAnswer: AnswerShape = {
  captures: {
    ...messageCaptures,
    ...captureCharacters('vendorText', vendorTextPaths),
    metrics: { path: 'amazon-bedrock-invocationMetrics', keep: 'last' },
    metadataUsage: { path: 'metadata.usage', keep: 'last' },
    titanInput: { path: 'inputTextTokenCount', keep: 'last' },
    titanOutput: { path: 'results[].tokenCount', keep: 'last' },
    titanStreamOutput: { path: 'totalOutputTextTokenCount', keep: 'last' },
    llamaInput: { path: 'prompt_token_count', keep: 'last' },
    llamaOutput: { path: 'generation_token_count', keep: 'last' },
    images: { path: 'images[]', keep: 'count' },
    completionReason: { path: 'results[].completionReason', keep: 'last' },
    chunkReason: { path: 'completionReason', keep: 'last' },
    outputsReason: { path: 'outputs[].stop_reason', keep: 'last' },
    choiceReason: { path: 'choices[].finish_reason', keep: 'last' },
    novaReason: { path: 'stopReason', keep: 'last' },
    novaStreamReason: { path: 'messageStop.stopReason', keep: 'last' },
  },
  usageOption: null,
  read(captured, facts) {
    const message = readMessage(captured, facts)
    const usage = isClaude(captured) && message.isTold ? message : readCounted(captured, facts, message)
    const responseId = message.responseId ?? readWord(facts.headers['x-amzn-requestid'])
    const serviceTier = usage.serviceTier ?? facts.headers['x-amzn-bedrock-service-tier'] ?? null
    return { ...usage, model: null, responseId, serviceTier, finishReason: readFinish(captured, message), error: readAwsError(facts) }
  },
}

const isClaude = ({ openingUsage, type, usage }: Captured): boolean =>
  openingUsage !== undefined || type === 'message' || readMembers(usage)?.['cache_creation_input_tokens'] !== undefined

const readFinish = (captured: Captured, { finishReason }: Usage) =>
  finishReason ??
  readText(
    ...['completionReason', 'chunkReason', 'outputsReason', 'choiceReason', 'novaReason', 'novaStreamReason'].map((name) => captured[name]),
  )

/** What the service counted stands above the vendor's words; without either, a stream of Claude still told its input. */
function readCounted(captured: Captured, facts: AnswerFacts, message: Usage): Usage {
  const counter = createCounter()
  const counted = readHeaderUsage(facts) ?? readMetricsUsage(captured['metrics']) ?? readVendorUsage(captured)
  const images = readTotal(captured['images'])
  const text = message.characters?.text ?? 0
  const characters = {
    text: text + sumCharacters(captured, 'vendorText', vendorTextPaths.length),
    reasoning: message.characters?.reasoning ?? 0,
  }
  if (counted !== null) {
    const vector = { ...readBedrockTokens(counted, counter), images }
    return { ...noUsage, vector, isTold: true, mismatch: counter.mismatch(), raw: { ...counted }, characters }
  }
  const usage = readMembers(captured['usage'])
  if (usage?.['prompt_tokens'] !== undefined) return { ...readOpenAi(usage), characters }
  if (images > 0) return { ...noUsage, vector: oneRequest({ images }), isTold: true, characters }
  return isClaude(captured) ? { ...message, characters } : { ...noUsage, characters }
}

function readOpenAi(usage: Members): Usage {
  const mismatches: string[] = []
  const { counts, imageTokens, isTold } = readTokens(usage, {}, mismatches)
  return { ...noUsage, vector: oneRequest(counts), imageTokens, isTold, mismatch: joinMismatches(mismatches), raw: { ...usage } }
}

/** Nova, Titan and Llama, by the names of Converse. */
function readVendorUsage(captured: Captured): Members | null {
  const nova = readMembers(captured['metadataUsage']) ?? readMembers(captured['usage'])
  if (nova?.['inputTokens'] !== undefined) return nova
  const inputTokens = captured['titanInput'] ?? captured['llamaInput']
  const outputTokens = captured['titanOutput'] ?? captured['titanStreamOutput'] ?? captured['llamaOutput']
  return inputTokens === undefined ? null : { inputTokens, outputTokens }
}
