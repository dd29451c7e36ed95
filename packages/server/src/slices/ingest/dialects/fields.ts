import { readReportedNanos } from '@keylease/shared/providers/reported-cost'
import type { Attributes } from '../otlp/signal'
import type { NameList } from './dialect'
import { readCount, readNumber, readStatus, readText, readTexts } from './read'

const first = <T>(names: NameList, read: (name: string) => T | null): T | null => {
  for (const name of names) {
    const value = read(name)
    if (value !== null) return value
  }
  return null
}

export const firstCount = (attributes: Attributes, names: NameList) => first(names, (name) => readCount(attributes, name))
export const firstNumber = (attributes: Attributes, names: NameList) => first(names, (name) => readNumber(attributes, name))
export const firstStatus = (attributes: Attributes, names: NameList) => first(names, (name) => readStatus(attributes, name))
export const firstText = (attributes: Attributes, names: NameList, maximum?: number) =>
  first(names, (name) => readText(attributes, name, maximum))

/** Some write `True`, and some `1`. */
export const firstFlag = (attributes: Attributes, names: NameList): boolean =>
  first(names, (name) => {
    const value = attributes[name]
    return value === undefined ? null : value === true || value === 1 || (typeof value === 'string' && /^(?:true|1)$/i.test(value))
  }) ?? false

/** A list, a list in JSON, or words between commas. */
export const firstTexts = (attributes: Attributes, names: NameList, maximum: number): string[] =>
  first(names, (name) => {
    const texts = readTexts(toList(attributes, name), name, maximum)
    return texts.length === 0 ? null : texts
  }) ?? []

function toList(attributes: Attributes, name: string): Attributes {
  const value = attributes[name]
  if (typeof value !== 'string') return attributes
  const list = parseJson(value)
  const texts = Array.isArray(list) ? list.filter((item) => typeof item === 'string') : value.split(',').map((text) => text.trim())
  return { [name]: texts }
}

/** Null for what is not JSON. */
export function parseJson(text: string): unknown {
  if (!/^\s*["[{]/.test(text)) return null
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Senders say zero where they know no price; more than a million dollars for one call is a mistake. */
const maximumNanos = 10n ** 15n

export const firstCost = (attributes: Attributes, names: NameList): bigint | null =>
  first(names, (name) => {
    const currency = attributes[name.replace(/\.amount$/, '.currency')]
    if (name.endsWith('.amount') && currency !== undefined && currency !== 'USD') return null
    const nanos = readReportedNanos(attributes[name])
    return nanos !== null && nanos > 0n && nanos <= maximumNanos ? nanos : null
  })
