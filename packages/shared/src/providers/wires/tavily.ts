import { oneRequest } from '../../pricing/vector'
import type { AnswerShape, Operation } from '../operation'
import { createCounter } from './counter'
import { noUsage } from './openai-answer'
import { readRequest } from './openai-request'
import { readMembers, readText } from './read-count'

const request: Operation['request'] = {
  captures: { depth: { path: 'search_depth', keep: 'last' }, auto: { path: 'auto_parameters', keep: 'last' } },
  read: ({ depth, auto }, facts) =>
    readRequest({}, facts, {
      model: null,
      maxOutputTokens: 0,
      maxInputTokens: 0,
      serviceTier: readText(depth) ?? (auto === true ? 'auto' : null),
    }),
}

/** https://docs.tavily.com/documentation/api-credits: an advanced search takes two credits, any other one. */
const searchCredits = (depth: string | null) => (depth === 'advanced' ? 2 : 1)

/** Credits are told to those who ask for them; without, only a search of known depth has a known price. */
const createAnswer = ({ isSearch }: { isSearch: boolean }): AnswerShape => ({
  captures: { usage: { path: 'usage', keep: 'last' }, id: { path: 'request_id', keep: 'first' } },
  usageOption: null,
  read(captured, { status, request: { serviceTier } }) {
    const counter = createCounter()
    const usage = readMembers(captured['usage'])
    const credits = counter.count(usage?.['credits'], 'credits')
    const isKnown = isSearch && serviceTier !== 'auto' && status < 400
    const searches = usage?.['credits'] === undefined && isKnown ? searchCredits(serviceTier) : credits
    return {
      ...noUsage,
      vector: oneRequest({ searches }),
      isTold: usage?.['credits'] !== undefined || isKnown,
      mismatch: counter.mismatch(),
      raw: usage && { ...usage },
      responseId: readText(captured['id']),
      serviceTier,
      error: status >= 400 ? { type: null, code: null } : null,
    }
  },
})

export const tavilyOperations: Operation[] = [
  { kind: 'search', method: 'POST', path: '/search', request, answer: createAnswer({ isSearch: true }) },
  ...['/extract', '/crawl', '/map'].map(
    (path): Operation => ({ kind: 'search', method: 'POST', path, request, answer: createAnswer({ isSearch: false }) }),
  ),
]
