import { BACKSLASH, byteAt, hasBytes, QUOTE, toBytes } from './bytes'

const nulls = [':null', ': null'].map(toBytes)

/** Whether bytes can hold a member of a name: told by a look at every few of them, and now and then true where they hold none. */
export class MemberSearch {
  private readonly quoted: Uint8Array
  /** By the byte at the end of the window: how far the window may move. */
  private readonly steps: Uint8Array

  constructor(name: string) {
    const quoted = toBytes(`"${name}"`)
    const last = quoted.length - 1
    this.quoted = quoted
    this.steps = new Uint8Array(256).fill(quoted.length)
    for (let at = 0; at < last; at++) this.steps[byteAt(quoted, at)] = last - at
  }

  /** False: no JSON in them has such a member with a value other than null. A name may be written with escapes, so those stand for it. */
  mayHold(bytes: Uint8Array): boolean {
    if (bytes.indexOf(BACKSLASH) >= 0) return true
    const { quoted, steps } = this
    const last = quoted.length - 1
    for (let at = last; at < bytes.length; at += byteAt(steps, byteAt(bytes, at))) {
      if (byteAt(bytes, at) !== QUOTE || !hasBytes(bytes, at - last, quoted)) continue
      if (!nulls.some((written) => hasBytes(bytes, at + 1, written))) return true
    }
    return false
  }
}
