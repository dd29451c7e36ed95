import type { Capture, Captured } from '../../metering/capture'
import type { AnswerFacts, UsageReading } from '../../metering/reading'
import { readWord } from '../probe'
import { readMembers } from './read-count'

/** Where the answers of this family name an error: in `error`, or at the top of an error answer. */
export const errorCaptures = {
  error: { path: 'error', keep: 'first' },
  errorType: { path: 'type', keep: 'first' },
  errorCode: { path: 'code', keep: 'first' },
} as const satisfies Record<string, Capture>

/** The identifiers of an error, never its message. */
export function readAnswerError(captured: Captured, facts: Pick<AnswerFacts, 'status'>): UsageReading['error'] {
  const { error, errorType, errorCode } = captured
  const members = readMembers(error)
  if (members) return { type: toWord(members['type']) ?? toWord(members['status']), code: toWord(members['code']) }
  if (facts.status >= 400) return { type: toWord(errorType), code: toWord(errorCode) ?? toWord(error) }
  return typeof error === 'string' ? { type: null, code: toWord(error) } : null
}

const toWord = (value: unknown) => (Number.isSafeInteger(value) ? String(value) : readWord(typeof value === 'string' ? value : undefined))
