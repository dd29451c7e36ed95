/**
 * A number of tokens, images or seconds as an answer tells it, whole. Null when it is not told; what is no count (negative, a string,
 * more than any answer holds) is not told either, and noted.
 */
export function readCount(value: unknown, name: string, mismatches: string[]): number | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return Math.round(value) + 0
  mismatches.push(`${name} is not a count`)
  return null
}

/** The members of an object, or null for anything else. */
export function readMembers(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? toMembers(value) : null
}

/** A plain object that was parsed from JSON has string keys and nothing else. */
const toMembers = (value: object) => value as Readonly<Record<string, unknown>>

export const readText = (...values: unknown[]): string | null => {
  const text = values.find((value) => typeof value === 'string' && value !== '')
  return typeof text === 'string' ? text : null
}

/** A count that a capture made, 0 where its path never occurred. */
export const readTotal = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** How often a string occurred, by a capture of values. */
export const readTally = (values: unknown, name: string): number => readTotal(readMembers(values)?.[name])
