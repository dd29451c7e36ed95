import type { Capture, Captured } from '../../metering/capture'
import { oneRequest } from '../../pricing/vector'
import type { AnswerShape, Operation, RequestShape, Usage } from '../operation'
import { answerCaptures, joinMismatches, readAnswer } from './openai-answer'
import { readRequest, requestCaptures } from './openai-request'
import { readTokens } from './openai-tokens'
import { readMembers, readTotal } from './read-count'

const captures = {
  ...answerCaptures,
  images: { path: 'data[].b64_json', keep: 'count' },
  links: { path: 'data[].url', keep: 'count' },
  drawing: { path: 'svg_usage', keep: 'last' },
} as const satisfies Record<string, Capture>

/** Models of the gpt-image kind bill tokens; those before them bill each image, and tell no usage. */
export const imagesAnswer: AnswerShape = {
  captures,
  read(captured, facts) {
    const usage = addDrawing(readAnswer(captured, facts, { output: 'image' }), captured['drawing'])
    const images = Math.max(readTotal(captured['images']), readTotal(captured['links']))
    if (usage.isTold || images === 0) return usage
    return { ...usage, vector: oneRequest({ images }), isTold: true }
  },
  usageOption: null,
}

/** Writing an SVG is counted apart from drawing it, in tokens of text. */
function addDrawing(usage: Usage, drawing: Captured[string]): Usage {
  const members = readMembers(drawing)
  if (members === null) return usage
  const mismatches: string[] = []
  const written = readTokens({ ...members, output_tokens_details: members }, {}, mismatches)
  const { inputUncached = 0, outputText = 0, reasoning = 0 } = written.counts
  return {
    ...usage,
    vector: {
      ...usage.vector,
      inputUncached: usage.vector.inputUncached + inputUncached,
      outputText: usage.vector.outputText + outputText,
      reasoning: usage.vector.reasoning + reasoning,
    },
    mismatch: joinMismatches([usage.mismatch, ...mismatches]),
  }
}

/** Size and quality decide how many tokens an image takes, so no limit of the request bounds them; images that go in have no bound either. */
const imagesRequest = (maxInputTokens?: null): RequestShape => ({
  captures: requestCaptures,
  read: (captured, facts) => readRequest(captured, facts, maxInputTokens === null ? { maxInputTokens } : {}),
})

export const createImageOperations = (prefix = ''): Operation[] => [
  { kind: 'image', method: 'POST', path: `${prefix}/images/generations`, request: imagesRequest(), answer: imagesAnswer },
  { kind: 'image', method: 'POST', path: `${prefix}/images/edits`, request: imagesRequest(null), answer: imagesAnswer },
  { kind: 'image', method: 'POST', path: `${prefix}/images/variations`, request: imagesRequest(null), answer: imagesAnswer },
]
