import { oneRequest } from '../../pricing/vector'
import type { AnswerShape, Operation } from '../operation'
import { readWord } from '../probe'
import { readReportedNanos } from '../reported-cost'
import { captureCharacters, noUsage, sumCharacters } from './openai-answer'
import { readRequest } from './openai-request'
import { readMembers, readText } from './read-count'

const textPaths = ['answer', 'choices[].delta.content']

/** https://docs.exa.ai/reference/search: every answer tells what it cost. */
const answer: AnswerShape = {
  captures: {
    ...captureCharacters('text', textPaths),
    cost: { path: 'costDollars', keep: 'last' },
    id: { path: 'requestId', keep: 'first' },
    tag: { path: 'tag', keep: 'first' },
  },
  usageOption: null,
  read(captured, { status }) {
    const cost = readMembers(captured['cost'])
    const reportedNanos = readReportedNanos(cost?.['total'])
    return {
      ...noUsage,
      vector: oneRequest({ searches: status < 400 ? 1 : 0 }),
      isTold: reportedNanos !== null,
      mismatch: cost !== null && reportedNanos === null ? 'costDollars is no amount' : null,
      raw: cost && { ...cost },
      responseId: readText(captured['id']),
      reportedNanos,
      error: status >= 400 ? { type: readWord(readText(captured['tag']) ?? undefined), code: null } : null,
      characters: { text: sumCharacters(captured, 'text', textPaths.length), reasoning: 0 },
    }
  },
}

const request: Operation['request'] = {
  captures: { stream: { path: 'stream', keep: 'last' } },
  read: (captured, facts) => readRequest(captured, facts, { model: null, maxOutputTokens: 0, maxInputTokens: 0 }),
}

export const exaOperations: Operation[] = ['/search', '/contents', '/findSimilar', '/answer'].map((path) => ({
  kind: 'search',
  method: 'POST',
  path,
  request,
  answer,
}))
