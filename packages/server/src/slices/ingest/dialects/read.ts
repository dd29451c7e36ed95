import type { Attributes } from '../otlp/signal'

const maximumCount = 2 ** 47

/** A whole number of something; senders write numbers, decimal text and doubles. Anything else says nothing. */
export function readCount(attributes: Attributes, name: string): number | null {
  const number = readNumber(attributes, name)
  return number !== null && Number.isInteger(number) ? number : null
}

/** Not below zero and not beyond what a sum of many still holds exactly. */
export function readNumber(attributes: Attributes, name: string): number | null {
  const value = attributes[name]
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && number >= 0 && number <= maximumCount ? number : null
}

/** Text of a few words; longer text is cut, control characters are left out. */
export function readText(attributes: Attributes, name: string, maximum = 200): string | null {
  const value = attributes[name]
  if (typeof value !== 'string') return null
  const text = value
    .replace(/\p{Cc}/gu, '')
    .slice(0, maximum)
    .toWellFormed()
  return text === '' ? null : text
}

export function readTexts(attributes: Attributes, name: string, maximum = 20): string[] {
  const value = attributes[name]
  const list = Array.isArray(value) ? value : []
  return [
    ...new Set(list.filter((item) => typeof item === 'string' && item !== '').map((item: string) => item.slice(0, 80).toWellFormed())),
  ].slice(0, maximum)
}

/** One of a list of words. */
export function readWord<const Word extends string>(attributes: Attributes, name: string, words: readonly Word[]): Word | null {
  const value = attributes[name]
  return words.find((word) => word === value) ?? null
}
