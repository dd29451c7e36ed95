import { byteAt, CLOSE_BRACE, COLON, COMMA, isSpace, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes'
import { isScalarPart } from './json-scanner'
import { parseJson } from './json-value'
import { NestingSkipper } from './nesting-skipper'
import { StringScanner } from './string-scanner'

/** Where the value of a member lies; null where the object has none of the name. */
export interface ObjectMembers {
  isEmpty: boolean
  found: { from: number; to: number } | null
}

const MAX_NAME_BYTES = 512

/** Looks through an object that begins at `open` for a member; of several, the last counts. Null where it is no JSON. */
export function findObjectMember(bytes: Uint8Array, open: number, name: string): ObjectMembers | null {
  const members: ObjectMembers = { isEmpty: true, found: null }
  let at = skipSpace(bytes, open + 1)
  while (byteAt(bytes, at) !== CLOSE_BRACE) {
    if (byteAt(bytes, at) !== QUOTE) return null
    const nameEnd = skipString(bytes, at)
    const colon = skipSpace(bytes, nameEnd)
    if (byteAt(bytes, colon) !== COLON) return null
    const from = skipSpace(bytes, colon + 1)
    const to = skipValue(bytes, from)
    if (to < 0) return null
    members.isEmpty = false
    if (nameEnd - at < MAX_NAME_BYTES && parseJson(bytes.subarray(at, nameEnd)) === name) members.found = { from, to }
    at = skipSpace(bytes, to)
    if (byteAt(bytes, at) === COMMA) at = skipSpace(bytes, at + 1)
    else if (byteAt(bytes, at) !== CLOSE_BRACE) return null
  }
  return members
}

export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && isSpace(byteAt(bytes, at))) at++
  return at
}

/** Just behind the value, or −1 where it does not end. */
function skipValue(bytes: Uint8Array, from: number): number {
  const first = byteAt(bytes, from)
  if (first === QUOTE) return skipString(bytes, from)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) {
    const nesting = new NestingSkipper()
    nesting.begin()
    const close = nesting.skip(bytes, from + 1, bytes.length)
    return close < 0 ? -1 : close + 1
  }
  let at = from
  while (at < bytes.length && isScalarPart(byteAt(bytes, at))) at++
  return at === from || at === bytes.length ? -1 : at
}

function skipString(bytes: Uint8Array, from: number): number {
  const close = new StringScanner().skip(bytes, from + 1, bytes.length)
  return close < 0 ? bytes.length : close + 1
}
