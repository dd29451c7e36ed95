import fc from 'fast-check'

/** Lengths of pieces, taken again and again until the bytes are used up. */
export const pieceLengths = fc.oneof(
  fc.constant([1]),
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 }),
  fc.constant([Infinity]),
)

/** Pieces in one buffer that is written over before each next one: nobody may hold on to a chunk. */
export function* splitBytes(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  const buffer = new Uint8Array(bytes.length)
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const length = Math.min(Math.max(lengths[index % lengths.length] ?? 1, index % lengths.length === 0 ? 1 : 0), bytes.length - at)
    buffer.set(bytes.subarray(at, at + length))
    yield buffer.subarray(0, length)
    buffer.fill(0x22, 0, length)
    at += length
  }
}
