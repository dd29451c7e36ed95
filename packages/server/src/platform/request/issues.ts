import type { z } from 'zod'
import { AppError } from '../errors'
import { isShowableName } from './field-name'

type Issue = z.core.$ZodIssue

/** One sentence for the first mistake, and all of them by field in the details. Values are never repeated. */
export function explainIssues(error: z.ZodError, place: 'query' | 'body'): AppError {
  const fields = error.issues.slice(0, 20).map((issue) => ({ field: fieldOf(issue, place), problem: problemOf(issue) }))
  const first = fields[0]
  const message = first ? `The request is not valid: ${first.field} ${first.problem}.` : undefined
  return new AppError('invalid_request', { ...(message ? { message } : {}), details: { fields }, cause: error })
}

function fieldOf(issue: Issue, place: string): string {
  return issue.path.length > 0 ? issue.path.map(String).join('.') : `the ${place}`
}

function problemOf(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') {
    const named = issue.keys.filter(isShowableName)
    return named.length > 0 ? `has fields that this route does not know: ${named.join(', ')}` : 'has a field that this route does not know'
  }
  if (issue.code === 'invalid_type' && issue.input === undefined && / undefined$/.test(issue.message)) return 'is required'
  if (issue.code === 'custom') return issue.message
  return `is not valid: ${issue.message.replace(/^Invalid (input|option|string|ISO datetime): ?/, '').replace(/^./, (c) => c.toLowerCase())}`
}
