import { isContent } from './content'
import { type AttributeValue, cutBytes, otlpLimits } from './signal'

/** The name of an attribute. */
export interface Name {
  readonly text: string
  /** What follows is a prompt or an answer, which nothing here reads. */
  readonly isContent: boolean
}

/** An attribute as it stands on the wire, with what it says. */
export interface Pair {
  readonly name: Name
  readonly value: AttributeValue
  readonly bytes: Uint8Array
}

interface Slot extends Name {
  readonly bytes: Uint8Array
  /** Where the name stands that came after it the last time. */
  next: number
  /** What it was told to be the last time. */
  value: AttributeValue | null
  /** What it is told to be again and again. */
  readonly pairs: (Pair | undefined)[]
  readonly texts: (KnownText | undefined)[]
  /** What stands before its value in JSON. */
  head: JsonHead | null
}

export interface JsonHead {
  readonly name: Name
  readonly kind: 'text' | 'integer' | 'list'
  readonly bytes: Uint8Array
}

interface KnownText {
  readonly text: string
  readonly bytes: Uint8Array
}

const slotCount = 2_048
const slots: (Slot | undefined)[] = new Array(slotCount).fill(undefined)
let last: Slot | undefined

/** Senders repeat a few dozen names in every span, mostly in one order: each is made a text once, and then recognised by its bytes. */
export function readName(bytes: Buffer, start: number, end: number): Name {
  const expected = last && slots[last.next]
  if (expected && isSame(expected.bytes, bytes, start, end)) {
    last = expected
    return expected
  }
  const at = hashOf(bytes, start, end) & (slotCount - 1)
  let slot = slots[at]
  if (!slot || !isSame(slot.bytes, bytes, start, end)) {
    slot = toSlot(bytes, start, end)
    if (end - start <= otlpLimits.nameBytes) slots[at] = slot
  }
  if (last) last.next = at
  last = slot
  return slot
}

function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = end - start
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] ?? 0)) | 0
  return hash
}

function isSame(known: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false
  return true
}

function toSlot(bytes: Buffer, start: number, end: number): Slot {
  const text = bytes.toString('utf8', start, cutBytes(bytes, start, end, otlpLimits.nameBytes))
  return { text, isContent: isContent(text), bytes: copyBytes(bytes, start, end), next: -1, value: null, pairs: [], texts: [], head: null }
}

const copyBytes = (bytes: Buffer, start: number, end: number): Uint8Array => Uint8Array.prototype.slice.call(bytes, start, end)

const repeatsPerName = 4
const longestPair = 96
/** Longer texts are mostly told once: ids, and what was said. */
const longestText = 32

const placeOf = (bytes: Buffer, start: number, end: number) => (end - start + (bytes[end - 1] ?? 0)) & (repeatsPerName - 1)

/** Most attributes of a span say what those of a span before it said, in the same order. */
export function findPair(bytes: Buffer, start: number, end: number): Pair | null {
  const expected = last && slots[last.next]
  const pair = expected?.pairs[placeOf(bytes, start, end)]
  if (!pair || !isSame(pair.bytes, bytes, start, end)) return null
  last = expected
  return pair
}

/** Keeps an attribute whose name was read last, if it may come again. */
export function keepPair(bytes: Buffer, start: number, end: number, name: Name, value: AttributeValue): void {
  if (last !== name || end - start > longestPair) return
  const isRepeated = last.value === value
  last.value = value
  const isUnique = typeof value === 'string' ? value.length > longestText : typeof value === 'number'
  if (isUnique && !isRepeated) return
  last.pairs[placeOf(bytes, start, end)] = { name, value, bytes: copyBytes(bytes, start, end) }
}

/** A text of ASCII that comes with the name that was read last. */
export function findText(bytes: Buffer, start: number, end: number): string {
  if (!last || end - start > longestText) return bytes.toString('latin1', start, end)
  const at = placeOf(bytes, start, end)
  const known = last.texts[at]
  if (known && isSame(known.bytes, bytes, start, end)) return known.text
  const text = bytes.toString('latin1', start, end)
  last.texts[at] = { text, bytes: copyBytes(bytes, start, end) }
  return text
}

/** The same of an attribute in JSON, up to its value. */
export function findHead(bytes: Buffer, start: number): JsonHead | null {
  const expected = last && slots[last.next]
  const head = expected?.head
  if (!head || !isSame(head.bytes, bytes, start, start + head.bytes.length)) return null
  last = expected
  return head
}

/** Keeps what stands before the value of the name that was read last. */
export function keepHead(bytes: Buffer, start: number, end: number, kind: JsonHead['kind']): void {
  if (last) last.head = { name: last, kind, bytes: copyBytes(bytes, start, end) }
}
