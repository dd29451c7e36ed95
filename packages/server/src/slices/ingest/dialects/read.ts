import type { Attributes } from '../otlp/signal'

const maximumCount = 2 ** 40

/** A whole number of something; senders write numbers, decimal text and doubles. Anything else says nothing. */
export function readCount(attributes: Attributes, name: string): number | null {
  const number = readNumber(attributes, name)
  return number !== null && Number.isInteger(number) ? number : null
}

/** Not below zero, and times the dearest price still an amount of money. */
export function readNumber(attributes: Attributes, name: string): number | null {
  const value = attributes[name]
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && number >= 0 && number <= maximumCount ? number + 0 : null
}

/** What a column of the ledger holds; a longer time says nothing. */
const longestMs = 2 ** 31 - 1

export const toMilliseconds = (ms: number | null): number | null => (ms === null || !(ms >= 0 && ms <= longestMs) ? null : Math.round(ms))

export function readStatus(attributes: Attributes, name: string): number | null {
  const status = readCount(attributes, name)
  return status !== null && status >= 100 && status <= 599 ? status : null
}

/** Text of a few words; longer text is cut, control characters are left out. */
export function readText(attributes: Attributes, name: string, maximum = 200): string | null {
  const value = attributes[name]
  if (typeof value !== 'string') return null
  const text = toPlainText(value, maximum)
  return text === '' ? null : text
}

/** Postgres takes no NUL in a text, and a half of a pair is no text at all. */
const toPlainText = (value: string, maximum: number): string =>
  isPlain(value, maximum)
    ? value
    : value
        .replace(/\p{Cc}/gu, '')
        .slice(0, maximum)
        .toWellFormed()

/** Nearly every text is short and of ASCII. */
function isPlain(value: string, maximum: number): boolean {
  if (value.length > maximum) return false
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || code > 0x7e) return false
  }
  return true
}

export function readTexts(attributes: Attributes, name: string, maximum = 20): string[] {
  const list = attributes[name]
  const texts: string[] = []
  if (!Array.isArray(list)) return texts
  for (const item of list) {
    const text = typeof item === 'string' ? toPlainText(item, 80) : ''
    if (text !== '' && !texts.includes(text)) texts.push(text)
    if (texts.length >= maximum) break
  }
  return texts
}

/** One of a list of words. */
export function readWord<const Word extends string>(attributes: Attributes, name: string, words: readonly Word[]): Word | null {
  const value = attributes[name]
  return words.find((word) => word === value) ?? null
}
