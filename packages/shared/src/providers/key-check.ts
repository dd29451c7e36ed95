import type { ProviderKeyShape } from './provider'

const minimumLength = 12
const maximumLength = 4_096
const placeholder =
  /^(?:your|my|insert|paste|enter|replace|add)(?:[-_]?[a-z])+$|(?:api|secret|access)[-_]?key(?:[-_]?here)?$|^(?:change[-_]?me|placeholder|example|dummy|redacted|todo|none|null|undefined|secret|password|token|test)+$|^<.*>$|^[$%]?\{.*\}$/i
const masked = /\.\.\.|…|\*\*\*|•|x{6,}/i

export interface KeyCheck {
  /** Why it cannot be a key; null when it can. */
  refusal: string | null
  warnings: string[]
}

/** Whether a text can be a key of this provider at all, and what is odd about it. The text is never repeated. */
export function checkKey(shape: ProviderKeyShape, providerName: string, value: string): KeyCheck {
  const refusal = findRefusal(shape, value)
  if (refusal) return { refusal, warnings: [] }
  const warnings: string[] = []
  if (shape.pattern && !shape.pattern.test(value)) warnings.push(`This does not look like a key of ${providerName}. Verify it.`)
  else if (!shape.pattern && shape.prefixes.length > 0 && !prefixOf(shape, value)) {
    warnings.push(`Keys of ${providerName} begin with ${shape.prefixes.join(' or ')}; this one does not.`)
  }
  if (estimateBits(stripPrefix(shape, value)) < 64) warnings.push('This key is short or repetitive enough to be guessed. Use a longer one.')
  return { refusal: null, warnings }
}

function findRefusal(shape: ProviderKeyShape, value: string): string | null {
  if (value.trim() === '') return 'is empty'
  if (value.length > maximumLength) return `is longer than ${maximumLength} characters`
  if (!/^[\x20-\x7e…•]+$/.test(value)) return 'holds characters that no key has; copy it again'
  if (/\s/.test(value)) return 'holds a space or line break; copy it again'
  const body = stripPrefix(shape, value)
  if (masked.test(body)) return 'is a masked or shortened key, not the key itself; copy it again'
  if (placeholder.test(value) || placeholder.test(body) || new Set(body).size < 4) return 'is a placeholder, not a key'
  if (value.length < minimumLength) return `is shorter than ${minimumLength} characters`
  return /^[\x21-\x7e]+$/.test(value) ? null : 'holds characters that no key has; copy it again'
}

/** A known beginning and, of a long key, the last four characters. */
export function toKeyPreview(shape: ProviderKeyShape, value: string): string {
  return `${prefixOf(shape, value) ?? ''}…${value.length >= 16 ? value.slice(-4) : ''}`
}

const prefixOf = (shape: ProviderKeyShape, value: string) => shape.prefixes.find((prefix) => value.startsWith(prefix))

const stripPrefix = (shape: ProviderKeyShape, value: string) => value.slice(prefixOf(shape, value)?.length ?? 0)

/** Length times the entropy of the characters that occur: an upper bound, good enough to find weak keys. */
function estimateBits(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  return [...counts.values()].reduce((bits, count) => bits - count * Math.log2(count / text.length), 0)
}
