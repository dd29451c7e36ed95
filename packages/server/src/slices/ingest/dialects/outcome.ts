import type { UsageReading } from '@keylease/shared/metering/reading'
import type { OperationKind } from '@keylease/shared/providers/operation'
import type { UsageReport } from '../../usage/service'
import type { Attributes } from '../otlp/signal'
import type { Names } from './dialect'
import { firstStatus, firstText, firstTexts } from './fields'
import { toText } from './reading'

export interface Outcome {
  status: UsageReport['status']
  httpStatus: number | null
  error: UsageReading['error']
}

/** What is known of the end of a call besides its attributes. */
export interface EndFacts {
  operation: OperationKind
  isFailed: boolean
  exceptionType: string | null
  tellsUse: boolean
}

const generative: ReadonlySet<OperationKind> = new Set(['chat', 'responses', 'completion'])
export const hasOutput = (operation: OperationKind): boolean => generative.has(operation)

const leftWords = /abort|cancel|generatorexit|client.?disconnect/i

/** A call that says neither what it used nor why it ended was left by its caller: the AI SDK just ends the span. */
export function readOutcome(attributes: Attributes, names: Names, facts: EndFacts): Outcome {
  const finish = firstTexts(attributes, names.finishReason, 1)[0] ?? null
  const type = toText(firstText(attributes, names.errorType, 80)) ?? facts.exceptionType
  const httpStatus = readStatus(attributes, names, type)
  const isFailed = facts.isFailed || type !== null || finish === 'error' || (httpStatus ?? 0) >= 400
  const isLeft = leftWords.test(finish ?? '') || (type !== null && leftWords.test(type))
  const isSilent = finish === null && !facts.tellsUse && hasOutput(facts.operation)
  const status = isLeft || (isSilent && !isFailed) ? 'aborted' : isFailed ? 'error' : 'ok'
  return { status, httpStatus, error: status === 'error' ? { type, code: null } : null }
}

/** Error types of the conventions may be the status itself. */
function readStatus(attributes: Attributes, names: Names, errorType: string | null): number | null {
  return firstStatus(attributes, names.httpStatus) ?? (errorType !== null && /^[1-5]\d\d$/.test(errorType) ? Number(errorType) : null)
}
