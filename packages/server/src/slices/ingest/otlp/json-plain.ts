import { findHead, findText, type JsonHead, keepHead, type Name, readName } from './names'
import { type AttributeValue, cutText, otlpLimits } from './signal'

const quote = 0x22
const backslash = 0x5c
const zero = 0x30

/** Where a text ends that says what it is byte by byte: ASCII without escapes; -1 for any other. */
export function findPlainEnd(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === quote) return at
    if (byte === backslash || byte < 0x20 || byte > 0x7e) return -1
  }
  return -1
}

const heads = {
  key: Buffer.from('{"key":"'),
  value: Buffer.from('","value":{"'),
  text: Buffer.from('stringValue":"'),
  integer: Buffer.from('intValue":"'),
  list: Buffer.from('arrayValue":{"values":[{"stringValue":"'),
  yes: Buffer.from('boolValue":true'),
  no: Buffer.from('boolValue":false'),
  textEnd: Buffer.from('"}}'),
  listEnd: Buffer.from('"}]}}}'),
  end: Buffer.from('}}'),
}

/** The place after these bytes; -1 where they do not stand here. */
function pass(bytes: Buffer, at: number, expected: Buffer): number {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return -1
  return at + expected.length
}

/** An attribute as nearly every sender writes it, and where it ends. */
export interface PlainPair {
  name: Name
  value: AttributeValue
  end: number
}

/** Null for what has to be read by all the rules. */
export function readPlainPair(bytes: Buffer, start: number): PlainPair | null {
  const known = findHead(bytes, start)
  if (known) return readPlainValue(bytes, start + known.bytes.length, known)
  const name = readPlainName(bytes, start)
  if (name === null || name.isContent) return null
  const at = start + heads.key.length + name.text.length + heads.value.length
  const text = pass(bytes, at, heads.text)
  if (text > 0) return readNewValue(bytes, start, text, { name, kind: 'text' })
  const integer = pass(bytes, at, heads.integer)
  if (integer > 0) return readNewValue(bytes, start, integer, { name, kind: 'integer' })
  const list = pass(bytes, at, heads.list)
  if (list > 0) return readNewValue(bytes, start, list, { name, kind: 'list' })
  const flag = Math.max(pass(bytes, at, heads.yes), pass(bytes, at, heads.no))
  const end = flag < 0 ? -1 : pass(bytes, flag, heads.end)
  return end < 0 ? null : { name, value: pass(bytes, at, heads.yes) > 0, end }
}

function readPlainName(bytes: Buffer, start: number): Name | null {
  const nameStart = pass(bytes, start, heads.key)
  const nameEnd = nameStart < 0 ? -1 : findPlainEnd(bytes, nameStart)
  if (nameEnd <= nameStart || nameEnd - nameStart > otlpLimits.nameBytes) return null
  return pass(bytes, nameEnd, heads.value) < 0 ? null : readName(bytes, nameStart, nameEnd)
}

type ValueKind = Pick<JsonHead, 'name' | 'kind'>

function readNewValue(bytes: Buffer, start: number, at: number, { name, kind }: ValueKind): PlainPair | null {
  keepHead(bytes, start, at, kind)
  return readPlainValue(bytes, at, { name, kind })
}

function readPlainValue(bytes: Buffer, at: number, { name, kind }: ValueKind): PlainPair | null {
  if (kind === 'integer') return readPlainInteger(bytes, at, name)
  const stop = findPlainEnd(bytes, at)
  if (stop < 0 && kind === 'text') return readEscapedText(bytes, at, name)
  const end = stop < 0 || stop - at > otlpLimits.textBytes ? -1 : pass(bytes, stop, kind === 'text' ? heads.textEnd : heads.listEnd)
  if (end < 0) return null
  const text = findText(bytes, at, stop)
  return { name, value: kind === 'text' ? text : [text], end }
}

/** Where a text ends, whatever it says; -1 where it is none. */
function findTextEnd(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === quote) return at
    if (byte === backslash) at++
  }
  return -1
}

/** JSON inside JSON, such as the usage object of a provider, and texts in any language. */
function readEscapedText(bytes: Buffer, at: number, name: Name): PlainPair | null {
  const stop = findTextEnd(bytes, at)
  const end = stop < 0 || stop - at > otlpLimits.textBytes ? -1 : pass(bytes, stop, heads.textEnd)
  const text = end < 0 ? null : parseText(bytes.toString('utf8', at - 1, stop + 1))
  return text === null ? null : { name, value: cutText(text, otlpLimits.textBytes), end }
}

function parseText(quoted: string): string | null {
  try {
    return JSON.parse(quoted)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** More digits may be more than a number holds. */
const mostDigits = 15

function readPlainInteger(bytes: Buffer, start: number, name: Name): PlainPair | null {
  let value = 0
  let at = start
  for (let digit = (bytes[at] ?? 0) - zero; digit >= 0 && digit <= 9; digit = (bytes[++at] ?? 0) - zero) value = value * 10 + digit
  const end = at === start || at - start > mostDigits ? -1 : pass(bytes, at, heads.textEnd)
  return end < 0 ? null : { name, value, end }
}
