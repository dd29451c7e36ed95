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
  if (issue.code === 'invalid_type')
    return issue.input === undefined && isAbsent(issue) ? 'is required' : `must be ${kindOf(issue.expected)}`
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'too_small') return `must ${sizeOf(issue.origin, 'at least', Number(issue.minimum))}`
  if (issue.code === 'too_big') return `must ${sizeOf(issue.origin, 'at most', Number(issue.maximum))}`
  return issue.code === 'custom' ? issue.message : `is not valid: ${issue.message.replace(/^Invalid (input|string): ?/, '')}`
}

const isAbsent = (issue: Issue) => / undefined$/.test(issue.message)

const kinds: Record<string, string> = { string: 'text', array: 'a list', int: 'a whole number', object: 'an object', nonoptional: 'given' }
const kindOf = (expected: string) => kinds[expected] ?? `a ${expected}`

function sizeOf(origin: string, bound: string, size: number): string {
  if (origin === 'string') return `have ${bound} ${size} ${size === 1 ? 'character' : 'characters'}`
  if (origin === 'array' || origin === 'set') return `hold ${bound} ${size} ${size === 1 ? 'item' : 'items'}`
  return `be ${bound} ${size}`
}
