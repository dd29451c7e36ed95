import { hash } from 'node:crypto'

/** The tree of RFC 6962: a leaf and a node are hashed under different prefixes, so neither can pass for the other. */
const leafPrefix = Buffer.of(0)
const nodePrefix = Buffer.of(1)

/** In one step: thousands of native Hash objects at once would hold up the collection, and every request with it. */
const sha256 = (...parts: Buffer[]) => hash('sha256', Buffer.concat(parts), 'buffer')

export const hashLeaf = (content: Buffer): Buffer => sha256(leafPrefix, content)
const hashNode = (left: Buffer, right: Buffer): Buffer => sha256(nodePrefix, left, right)

export function computeRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (!only) throw new RangeError('a tree has at least one leaf')
  if (leaves.length === 1) return only
  const split = splitOf(leaves.length)
  return hashNode(computeRoot(leaves.slice(0, split)), computeRoot(leaves.slice(split)))
}

/** The hashes beside the way from a leaf to the root, from the leaf upwards. */
export function proveInclusion(leaves: readonly Buffer[], index: number): Buffer[] {
  if (index < 0 || index >= leaves.length) throw new RangeError('there is no leaf at this index')
  if (leaves.length === 1) return []
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return index < split ? [...proveInclusion(left, index), computeRoot(right)] : [...proveInclusion(right, index - split), computeRoot(left)]
}

/** The root that a leaf at this place leads to by these hashes; null when no tree of this size has such a way. */
export function followProof(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer | null {
  if (index < 0 || index >= size) return null
  if (size === 1) return path.length === 0 ? leaf : null
  const beside = path.at(-1)
  if (!beside) return null
  const split = splitOf(size)
  const isLeft = index < split
  const inner = isLeft
    ? followProof(leaf, index, split, path.slice(0, -1))
    : followProof(leaf, index - split, size - split, path.slice(0, -1))
  if (!inner) return null
  return isLeft ? hashNode(inner, beside) : hashNode(beside, inner)
}

/** The largest power of two below the size. */
function splitOf(size: number): number {
  return 2 ** (31 - Math.clz32(size - 1))
}
