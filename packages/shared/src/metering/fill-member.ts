import { byteAt, LOWER_N, OPEN_BRACE } from './bytes'
import { findObjectMember, skipSpace } from './object-members'
import { spliceBytes } from './splice-bytes'

/**
 * The request body with a number where it says nothing; every other byte stays as it was. Null where it says something there, whatever
 * that is, and where it is no JSON object.
 */
export function fillMember(body: Uint8Array, path: readonly string[], value: number): Uint8Array | null {
  const open = skipSpace(body, 0)
  return byteAt(body, open) === OPEN_BRACE ? fillAt(body, open, path, value) : null
}

function fillAt(body: Uint8Array, open: number, [name = '', ...inner]: readonly string[], value: number): Uint8Array | null {
  const members = findObjectMember(body, open, name)
  if (members === null) return null
  const { found, isEmpty } = members
  const json = inner.reduceRight((text, one) => `{${JSON.stringify(one)}:${text}}`, String(value))
  if (found === null) return spliceBytes(body, open + 1, open + 1, `${JSON.stringify(name)}:${json}${isEmpty ? '' : ','}`)
  if (byteAt(body, found.from) === LOWER_N) return spliceBytes(body, found.from, found.to, json)
  return inner.length > 0 && byteAt(body, found.from) === OPEN_BRACE ? fillAt(body, found.from, inner, value) : null
}
