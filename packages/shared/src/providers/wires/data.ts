import type { Captured } from '../../metering/capture'
import { oneRequest } from '../../pricing/vector'
import type { AnswerShape, Operation } from '../operation'
import { readWord } from '../probe'
import { noUsage } from './openai-answer'
import { bareRequest } from './openai-request'

/** How an answer that came with success tells that it failed: a member that is there, or that holds one of these words. */
export interface FailureSign {
  path: string
  word?: RegExp
  /** The member that names the error; absent, it has no name. */
  codePath?: string
}

/** Billed by the request. One that failed, whatever its status, was none. */
export function createDataAnswer(signs: readonly FailureSign[] = []): AnswerShape {
  const captures = signs.flatMap(({ path, codePath = path }, index) => [
    [`sign${index}`, { path, keep: 'first' }] as const,
    [`code${index}`, { path: codePath, keep: 'first' }] as const,
  ])
  return {
    captures: { ...Object.fromEntries(captures), requestId: { path: 'request_id', keep: 'first' } },
    usageOption: null,
    read(captured, { status }) {
      const index = signs.findIndex(({ word }, at) => isSigned(captured[`sign${at}`], word))
      const hasFailed = status >= 400 || index >= 0
      return {
        ...noUsage,
        vector: oneRequest({ requests: hasFailed ? 0 : 1 }),
        isTold: true,
        responseId: readIdentifier(captured, 'requestId'),
        error: hasFailed
          ? { type: null, code: signs[index]?.codePath === undefined ? null : readIdentifier(captured, `code${index}`) }
          : null,
      }
    },
  }
}

const isSigned = (value: unknown, word: RegExp | undefined) =>
  word === undefined ? value !== undefined : typeof value === 'string' && word.test(value)

function readIdentifier(captured: Captured, name: string): string | null {
  const value = captured[name]
  return readWord(typeof value === 'number' ? String(value) : typeof value === 'string' ? value : undefined)
}

/** Requests are told apart by the template of their path; the last one takes what has none. */
export const createDataOperations = (paths: readonly string[], signs: readonly FailureSign[] = []): Operation[] =>
  [...paths, '/{path...}'].map((path) => ({ kind: 'data', method: 'GET', path, request: bareRequest, answer: createDataAnswer(signs) }))
