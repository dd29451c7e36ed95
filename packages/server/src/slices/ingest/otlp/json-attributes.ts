import { isContent } from './content'
import { readPlainPair } from './json-plain'
import type { JsonScan } from './json-scan'
import { type Attributes, type AttributeValue, cutText, emptyAttributes, longestId, MalformedOtlp, otlpLimits } from './signal'

/** Any JSON object; its members are asked for by name, never inherited ones. */
export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

export const memberOf = (object: JsonObject, name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined)

/** A list of objects; absent is empty, as proto3 JSON leaves defaults out. */
export function listOf(object: JsonObject, name: string): readonly JsonObject[] {
  const list = memberOf(object, name) ?? []
  if (!Array.isArray(list) || !list.every(isObject)) throw new MalformedOtlp(`${name} is not a list of objects`)
  return list
}

export function textOf(object: JsonObject, name: string, maximum: number): string {
  const text = memberOf(object, name) ?? ''
  if (typeof text !== 'string') throw new MalformedOtlp(`${name} is not a text`)
  return cutText(text, maximum)
}

/** A 64-bit number is decimal text by the rules, and a number as some send it. */
export function timeMsOf(object: JsonObject, name: string): number {
  const value = memberOf(object, name) ?? 0
  if (typeof value === 'number' && value >= 0) return value / 1e6
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) throw new MalformedOtlp(`${name} is not a time in nanoseconds`)
  return Number(value.slice(0, -6)) + Number(value.slice(-6)) / 1e6
}

/** Whole and small, or nothing. */
export function smallNumberOf(object: JsonObject, name: string): number {
  const value = memberOf(object, name)
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 256 ? value : 0
}

const hex = /^(?:[0-9a-f]{2})*$/i

/** Hex in either case becomes lower case; absent is empty. */
export function idOf(object: JsonObject, name: string): string {
  const text = memberOf(object, name) ?? ''
  if (typeof text !== 'string' || !hex.test(text)) throw new MalformedOtlp(`${name} is not hex`)
  return text.slice(0, longestId).toLowerCase()
}

export const attributesOf = (holder: unknown): Attributes =>
  isObject(holder) ? toAttributes(listOf(holder, 'attributes')) : emptyAttributes

/** The list of attributes that stands here, one by one. */
export function takeAttributes(scan: JsonScan): Attributes {
  const attributes: Record<string, AttributeValue> = Object.create(null)
  let count = 0
  scan.visitObjects('attributes', () => {
    const plain = scan.takeKnown(readPlainPair)
    const pair = plain === null ? scan.take() : null
    if (count++ >= otlpLimits.attributes) return
    if (isObject(pair)) addPair(attributes, pair, 0)
    else if (plain !== null && !(plain.name.text in attributes)) attributes[plain.name.text] = plain.value
  })
  return attributes
}

function toAttributes(pairs: readonly JsonObject[], depth = 0): Attributes {
  const attributes: Record<string, AttributeValue> = Object.create(null)
  for (const pair of pairs.slice(0, otlpLimits.attributes)) addPair(attributes, pair, depth)
  return attributes
}

function addPair(attributes: Record<string, AttributeValue>, pair: JsonObject, depth: number): void {
  const name = textOf(pair, 'key', otlpLimits.nameBytes)
  if (name === '' || name in attributes || isContent(name)) return
  const value = toValue(memberOf(pair, 'value'), depth)
  if (value !== null) attributes[name] = value
}

export function toValue(any: unknown, depth: number): AttributeValue | null {
  if (!isObject(any)) return null
  for (const [kind, read] of readers) {
    const value = memberOf(any, kind)
    if (value !== undefined && value !== null) return read(value, depth)
  }
  return null
}

const readersByKind: Record<string, (value: unknown, depth: number) => AttributeValue | null> = {
  stringValue: (value) => (typeof value === 'string' ? cutText(value, otlpLimits.textBytes) : null),
  boolValue: (value) => (typeof value === 'boolean' ? value : null),
  intValue: toInteger,
  doubleValue: (value) => (typeof value === 'number' ? value : toDouble(value)),
  arrayValue: (value, depth) => {
    if (!isObject(value) || depth >= otlpLimits.depth) return null
    const items = listOf(value, 'values').slice(0, otlpLimits.items)
    return items.map((item) => toValue(item, depth + 1)).filter((item) => item !== null)
  },
  kvlistValue: (value, depth) => (isObject(value) && depth < otlpLimits.depth ? toAttributes(listOf(value, 'values'), depth + 1) : null),
}

const readers = Object.entries(readersByKind)

function toInteger(value: unknown): number | string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || !/^-?\d{1,20}$/.test(value)) return null
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** proto3 JSON spells what JSON numbers cannot say. */
const toDouble = (value: unknown): number | null => (typeof value === 'string' && /^(?:NaN|-?Infinity)$/.test(value) ? Number(value) : null)
