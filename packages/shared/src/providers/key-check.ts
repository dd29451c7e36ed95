import { findPairFault, lacksSessionToken, readAwsPair } from './authorise/aws-key'
import { looksLikeJson, readServiceAccount } from './authorise/service-account'
import type { ProviderKeyShape } from './provider'

const minimumLength = 12
const maximumLength = 4_096
const maximumJsonLength = 8_192
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
  if (shape.isJsonAllowed && looksLikeJson(value)) return checkJsonKey(value)
  const refusal = findRefusal(shape, value)
  if (refusal) return { refusal, warnings: [] }
  const warnings: string[] = []
  if (shape.isAwsPairAllowed && lacksSessionToken(value)) {
    warnings.push('A temporary access key works only with its session token: ACCESS_KEY_ID:SECRET_ACCESS_KEY:SESSION_TOKEN.')
  }
  if (shape.pattern && !shape.pattern.test(value)) warnings.push(`This does not look like a key of ${providerName}. Verify it.`)
  else if (!shape.pattern && shape.prefixes.length > 0 && !prefixOf(shape, value)) {
    warnings.push(`Keys of ${providerName} begin with ${shape.prefixes.join(' or ')}; this one does not.`)
  }
  if (isGuessable(shape, value)) warnings.push('This key is short or repetitive enough to be guessed. Use a longer one.')
  return { refusal: null, warnings }
}

function checkJsonKey(value: string): KeyCheck {
  if (value.length > maximumJsonLength) return { refusal: `is longer than ${maximumJsonLength} characters`, warnings: [] }
  const account = readServiceAccount(value)
  return { refusal: 'fault' in account ? account.fault : null, warnings: [] }
}

function findRefusal(shape: ProviderKeyShape, value: string): string | null {
  if (value.trim() === '') return 'is empty'
  if (value.length > maximumLength) return `is longer than ${maximumLength} characters`
  if (!/^[\x20-\x7e…•]+$/.test(value)) return 'holds characters that no key has; copy it again'
  if (/\s/.test(value)) return 'holds a space or line break; copy it again'
  const body = stripPrefix(shape, value)
  const pairFault = shape.isAwsPairAllowed && !masked.test(body) ? findPairFault(value) : null
  if (pairFault) return pairFault
  if (masked.test(body)) return 'is a masked or shortened key, not the key itself; copy it again'
  if (placeholder.test(value) || placeholder.test(body) || new Set(body).size < 4) return 'is a placeholder, not a key'
  if (value.length < minimumLength) return `is shorter than ${minimumLength} characters`
  return /^[\x21-\x7e]+$/.test(value) ? null : 'holds characters that no key has; copy it again'
}

/** A known beginning and, of a long key, the last four characters; of a key with parts, those of the part that is no secret. */
export function toKeyPreview(shape: ProviderKeyShape, value: string): string {
  const pair = shape.isAwsPairAllowed ? readAwsPair(value) : null
  if (pair) return `${pair.accessKeyId.slice(0, 4)}…${pair.accessKeyId.slice(-4)}`
  const account = shape.isJsonAllowed && looksLikeJson(value) ? readServiceAccount(value) : null
  if (account) return 'fault' in account ? '…' : `${account.projectId.slice(0, 30)}…${account.privateKeyId.slice(-4)}`
  return `${prefixOf(shape, value) ?? ''}…${value.length >= 16 ? value.slice(-4) : ''}`
}

const prefixOf = (shape: ProviderKeyShape, value: string) => shape.prefixes.find((prefix) => value.startsWith(prefix))

const stripPrefix = (shape: ProviderKeyShape, value: string) => value.slice(prefixOf(shape, value)?.length ?? 0)

/** What a provider issues may be short, and nobody can get a longer one: then only what repeats itself is weak. */
function isGuessable(shape: ProviderKeyShape, value: string): boolean {
  const body = stripPrefix(shape, value)
  return estimateBits(body) < (shape.pattern?.test(value) ? Math.min(64, body.length * 2.5) : 64)
}

/** Length times the entropy of the characters that occur: an upper bound, good enough to find weak keys. */
function estimateBits(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  return [...counts.values()].reduce((bits, count) => bits - count * Math.log2(count / text.length), 0)
}
