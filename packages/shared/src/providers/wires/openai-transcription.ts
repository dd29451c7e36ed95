import type { Capture } from '../../metering/capture'
import { oneRequest } from '../../pricing/vector'
import type { AnswerShape, Operation, RequestShape } from '../operation'
import { answerCaptures, joinMismatches, readAnswer } from './openai-answer'
import { readRequest, requestCaptures } from './openai-request'
import { readCount, readMembers, readTotal } from './read-count'

const captures = {
  ...answerCaptures,
  duration: { path: 'duration', keep: 'last' },
  text: { path: 'text', keep: 'characters' },
  delta: { path: 'delta', keep: 'characters' },
} as const satisfies Record<string, Capture>

/**
 * Tokens or seconds, whichever the model bills: https://platform.openai.com/docs/api-reference/audio/json-object. A verbose answer
 * tells the length of the audio beside its text; plain text and subtitles tell nothing.
 */
export const createTranscriptionAnswer = ({ minimumSeconds = 0 } = {}): AnswerShape => ({
  captures,
  read(captured, facts) {
    const characters = { text: readTotal(captured['delta']) || readTotal(captured['text']) }
    const raw = readMembers(captured['usage'])
    if (raw !== null && raw['type'] !== 'duration') return { ...readAnswer(captured, facts), characters }
    const mismatches: string[] = []
    const heard = readCount(raw?.['seconds'] ?? captured['duration'], 'seconds', mismatches)
    const seconds = heard === null ? 0 : Math.max(heard, minimumSeconds)
    const usage = readAnswer(captured, facts, {}, null)
    return {
      ...usage,
      vector: oneRequest({ seconds }),
      isTold: heard !== null,
      raw: raw && { ...raw },
      mismatch: joinMismatches(mismatches),
      characters,
    }
  },
  usageOption: null,
})

const transcriptionRequest: RequestShape = {
  captures: requestCaptures,
  read: (captured, facts) => readRequest(captured, facts, {}),
}

export const createTranscriptionOperations = (prefix = '', rules: { minimumSeconds?: number } = {}): Operation[] =>
  ['transcriptions', 'translations'].map((name) => ({
    kind: 'transcription',
    method: 'POST',
    path: `${prefix}/audio/${name}`,
    request: transcriptionRequest,
    answer: createTranscriptionAnswer(rules),
  }))
