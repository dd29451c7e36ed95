import { isContent } from './content'
import { cutBytes, otlpLimits } from './signal'

interface Name {
  readonly text: string
  /** What follows is a prompt or an answer, which nothing here reads. */
  readonly isContent: boolean
}

interface Slot {
  readonly bytes: Uint8Array
  readonly name: Name
}

const slotCount = 2_048
const slots: (Slot | undefined)[] = new Array(slotCount).fill(undefined)

/** Senders repeat a few dozen names in every span: each is made a text once, and then recognised by its bytes. */
export function readName(bytes: Buffer, start: number, end: number): Name {
  let hash = end - start
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] ?? 0)) | 0
  const at = hash & (slotCount - 1)
  const slot = slots[at]
  if (slot && isSame(slot.bytes, bytes, start, end)) return slot.name
  const name = toName(bytes, start, end)
  if (end - start <= otlpLimits.nameBytes) slots[at] = { bytes: Uint8Array.prototype.slice.call(bytes, start, end), name }
  return name
}

function isSame(known: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false
  return true
}

function toName(bytes: Buffer, start: number, end: number): Name {
  const text = bytes.toString('utf8', start, cutBytes(bytes, start, end, otlpLimits.nameBytes))
  return { text, isContent: isContent(text) }
}
