import { toBytes } from './bytes'

/** The bytes with a text in place of those from `from` up to `to`. */
export function spliceBytes(bytes: Uint8Array, from: number, to: number, text: string): Uint8Array {
  const inserted = toBytes(text)
  const spliced = new Uint8Array(bytes.length - (to - from) + inserted.length)
  spliced.set(bytes.subarray(0, from))
  spliced.set(inserted, from)
  spliced.set(bytes.subarray(to), from + inserted.length)
  return spliced
}
