import { BareMembers } from './bare-members'
import { BACKSLASH, byteAt, QUOTE, SPACE, toText } from './bytes'

/** JSON as data: no object inherits a member, `__proto__` is a member like any other. Undefined where it is no JSON. */
export function parseJson(bytes: Uint8Array, from = 0, to = bytes.length): unknown {
  if (isPlainString(bytes, from, to)) return toText(bytes.subarray(from + 1, to - 1))
  try {
    return withoutPrototypes(JSON.parse(toText(bytes.subarray(from, to))))
  } catch {
    return undefined
  }
}

/** A string without an escape is what its bytes say. */
function isPlainString(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 2 || byteAt(bytes, from) !== QUOTE || byteAt(bytes, to - 1) !== QUOTE) return false
  for (let at = from + 1; at < to - 1; at++) {
    const byte = byteAt(bytes, at)
    if (byte === BACKSLASH || byte === QUOTE || byte < SPACE) return false
  }
  return true
}

/** Recursion is bounded by the depth that the scanner lets into a captured value. */
function withoutPrototypes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withoutPrototypes)
  const members = new BareMembers()
  const given = toMembers(value)
  for (const name in given) members[name] = withoutPrototypes(given[name])
  return members
}

/** What JSON.parse made of an object has string keys, all its own. */
const toMembers = (value: object) => value as Readonly<Record<string, unknown>>
