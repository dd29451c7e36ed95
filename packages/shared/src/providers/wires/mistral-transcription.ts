import type { Operation } from '../operation'
import { answerCaptures, readAnswer } from './openai-answer'
import { readRequest, requestCaptures } from './openai-request'
import { readTotal } from './read-count'

/** Seconds of audio and tokens of text, both billed; a stream ends with them: https://docs.mistral.ai/capabilities/audio */
export const createMistralTranscription = (): Operation => ({
  kind: 'transcription',
  method: 'POST',
  path: '/audio/transcriptions',
  request: { captures: requestCaptures, read: (captured, facts) => readRequest(captured, facts, {}) },
  answer: {
    captures: { ...answerCaptures, text: { path: 'text', keep: 'characters' } },
    read: (captured, facts) => ({ ...readAnswer(captured, facts), characters: { text: readTotal(captured['text']) } }),
    usageOption: null,
  },
})
