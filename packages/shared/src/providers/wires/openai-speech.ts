import type { Capture } from '../../metering/capture'
import { oneRequest } from '../../pricing/vector'
import type { AnswerShape, Operation, RequestShape } from '../operation'
import { answerCaptures, readAnswer } from './openai-answer'
import { readRequest, requestCaptures } from './openai-request'
import { readTotal } from './read-count'

/** Models that bill the characters they speak, and no tokens: https://platform.openai.com/docs/models/tts-1 */
type BillsCharacters = (model: string | null) => boolean

/** Audio tells no usage. As events it ends with one: https://platform.openai.com/docs/api-reference/audio/speech-audio-done-event */
export const createSpeechAnswer = (billsCharacters: BillsCharacters): AnswerShape => ({
  captures: answerCaptures,
  read(captured, facts) {
    const usage = readAnswer(captured, facts, { output: 'audio' })
    if (usage.isTold || facts.status >= 400) return usage
    const { characters, model } = facts.request
    return { ...usage, vector: oneRequest({ characters }), isTold: billsCharacters(model) }
  },
  usageOption: null,
})

const captures = {
  ...requestCaptures,
  spoken: { path: 'input', keep: 'characters' },
  format: { path: 'stream_format', keep: 'last' },
} as const satisfies Record<string, Capture>

const createSpeechRequest = (billsCharacters: BillsCharacters): RequestShape => ({
  captures,
  read(captured, facts) {
    const own = { characters: readTotal(captured['spoken']), isStream: captured['format'] === 'sse' }
    const request = readRequest(captured, facts, own)
    return billsCharacters(request.model) ? { ...request, maxInputTokens: 0, maxOutputTokens: 0 } : request
  },
})

export const createSpeechOperation = (path = '/audio/speech', billsCharacters: BillsCharacters = isTtsModel): Operation => ({
  kind: 'speech',
  method: 'POST',
  path,
  request: createSpeechRequest(billsCharacters),
  answer: createSpeechAnswer(billsCharacters),
})

const isTtsModel: BillsCharacters = (model) => /^tts-1(?:-|$)/.test(model ?? '')
