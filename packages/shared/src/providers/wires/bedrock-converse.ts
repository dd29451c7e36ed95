import type { AnswerFacts, UsageReading } from '../../metering/reading'
import type { AnswerShape } from '../operation'
import { readWord } from '../probe'
import { readBedrockModel } from './bedrock-model'
import { readBedrockTokens, readHeaderUsage } from './bedrock-usage'
import { createCounter } from './counter'
import { captureCharacters, noUsage, sumCharacters } from './openai-answer'
import { readMembers, readText } from './read-count'

const textPaths = ['output.message.content[].text', 'delta.text', 'delta.toolUse.input']
const reasoningPaths = ['output.message.content[].reasoningContent.reasoningText.text', 'delta.reasoningContent.text']

/** An error names itself in a header, `ValidationException:http://…` or without the address. */
export function readAwsError({ status, headers }: AnswerFacts): UsageReading['error'] {
  if (status < 400) return null
  return { type: readWord(headers['x-amzn-errortype']?.split(':')[0]), code: null }
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html: usage comes in the last event. */
export const converseAnswer: AnswerShape = {
  captures: {
    ...captureCharacters('text', textPaths),
    ...captureCharacters('reasoning', reasoningPaths),
    usage: { path: 'usage', keep: 'last' },
    stopReason: { path: 'stopReason', keep: 'last' },
    tier: { path: 'serviceTier.type', keep: 'last' },
    routed: { path: 'trace.promptRouter.invokedModelId', keep: 'last' },
  },
  usageOption: null,
  read(captured, facts) {
    const counter = createCounter()
    const usage = readMembers(captured['usage']) ?? readHeaderUsage(facts)
    return {
      ...noUsage,
      vector: usage ? readBedrockTokens(usage, counter) : noUsage.vector,
      isTold: usage?.['outputTokens'] !== undefined,
      mismatch: counter.mismatch(),
      raw: usage && { ...usage },
      model: readBedrockModel(readText(captured['routed']) ?? undefined),
      responseId: readWord(facts.headers['x-amzn-requestid']),
      finishReason: readText(captured['stopReason']),
      serviceTier: readText(captured['tier']),
      error: readAwsError(facts),
      characters: {
        text: sumCharacters(captured, 'text', textPaths.length),
        reasoning: sumCharacters(captured, 'reasoning', reasoningPaths.length),
      },
    }
  },
}
