import { BACKSLASH, byteAt, QUOTE, toBytes } from './bytes'
import { type CaptureNode, findMember } from './capture-program'
import { parseJson } from './json-value'

/** Longer than any name in a path, even when each of its characters is an escape. */
const MAX_NAME_BYTES = 512

/** The name of a member, copied only when chunks or escapes break it. */
export class MemberName {
  private held: Uint8Array | null = null
  private heldLength = 0
  private isEscaped = false
  private hasEscape = false

  begin(): void {
    this.heldLength = 0
    this.isEscaped = false
    this.hasEscape = false
  }

  /** Where the closing quote is, or −1 if the name goes on. */
  read(bytes: Uint8Array, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      const byte = byteAt(bytes, at)
      if (this.isEscaped) this.isEscaped = false
      else if (byte === BACKSLASH) {
        this.isEscaped = true
        this.hasEscape = true
      } else if (byte === QUOTE) {
        if (this.heldLength > 0) this.hold(bytes, from, at)
        return at
      }
    }
    this.hold(bytes, from, end)
    return -1
  }

  /** The node that the name leads to, given where its last part lies. */
  find(container: CaptureNode, bytes: Uint8Array, from: number, to: number): CaptureNode | null {
    const isHeld = this.heldLength > 0
    const source = isHeld && this.held !== null ? this.held : bytes
    const start = isHeld ? 0 : from
    const end = isHeld ? this.heldLength : to
    if (end - start > MAX_NAME_BYTES) return null
    if (!this.hasEscape) return findMember(container, source, start, end)
    const quoted = new Uint8Array(end - start + 2).fill(QUOTE)
    quoted.set(source.subarray(start, end), 1)
    const name = parseJson(quoted)
    if (typeof name !== 'string') return null
    const plain = toBytes(name)
    return findMember(container, plain, 0, plain.length)
  }

  private hold(bytes: Uint8Array, from: number, to: number): void {
    this.held ??= new Uint8Array(MAX_NAME_BYTES)
    const room = this.held.subarray(Math.min(this.heldLength, MAX_NAME_BYTES))
    room.set(bytes.subarray(from, Math.min(to, from + room.length)))
    this.heldLength += to - from
  }
}
