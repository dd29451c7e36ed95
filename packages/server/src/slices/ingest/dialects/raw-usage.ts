import { hideKeys } from '@keylease/shared/providers/leaks'
import { parseJson } from './fields'

/** Deeper ones no provider writes. */
const deepest = 32

/** The provider's own usage object, as the text that was sent; what is no JSON object is left out. */
export function readRawText(sent: unknown): string | null {
  if (typeof sent !== 'string') return null
  // An upstream may send a key back in whatever it answers.
  const text = hideKeys(sent)
  const value = parseJson(text)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && !isDeeper(value, deepest) ? text : null
}

const isDeeper = (value: unknown, depth: number): boolean =>
  typeof value === 'object' && value !== null && (depth === 0 || Object.values(value).some((item) => isDeeper(item, depth - 1)))
