import type { UsageOption } from '../providers/operation'
import { byteAt, LOWER_N, OPEN_BRACE, toText } from './bytes'
import { findObjectMember, skipSpace } from './object-members'
import { spliceBytes } from './splice-bytes'

type Members = Readonly<Record<string, unknown>>

/** The request body with the members that ask for usage; every other byte stays as it was. What is no JSON object stays whole. */
export function askForUsage(body: Uint8Array, option: UsageOption): Uint8Array {
  const open = skipSpace(body, 0)
  return byteAt(body, open) === OPEN_BRACE ? mergeMembers(body, open, option.body) : body
}

/** Edits lie behind `open`, so it stays where it is. */
function mergeMembers(body: Uint8Array, open: number, members: Members): Uint8Array {
  let merged = body
  for (const [name, value] of Object.entries(members)) merged = mergeMember(merged, open, name, value)
  return merged
}

function mergeMember(body: Uint8Array, open: number, name: string, value: unknown): Uint8Array {
  const members = findObjectMember(body, open, name)
  if (members === null) return body
  const { found, isEmpty } = members
  const json = JSON.stringify(value)
  if (found === null) return spliceBytes(body, open + 1, open + 1, `${JSON.stringify(name)}:${json}${isEmpty ? '' : ','}`)
  if (isMembers(value) && byteAt(body, found.from) === OPEN_BRACE) return mergeMembers(body, found.from, value)
  // An object where the provider wants one; it has to refuse anything else by itself.
  if (isMembers(value) && byteAt(body, found.from) !== LOWER_N) return body
  return toText(body.subarray(found.from, found.to)) === json ? body : spliceBytes(body, found.from, found.to, json)
}

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)
