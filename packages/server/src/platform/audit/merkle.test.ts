import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { testSize } from '../../../test/size'
import { computeRoot, followProof, hashLeaf, proveInclusion } from './merkle'

const numRuns = testSize(200, 2_000)
const treeOf = (contents: readonly Uint8Array[]) => contents.map((content) => hashLeaf(Buffer.from(content)))
const trees = fc.uniqueArray(fc.uint8Array({ maxLength: 40 }), {
  minLength: 1,
  maxLength: 200,
  selector: (content) => Buffer.from(content).toString('hex'),
})

it('the roots are those of RFC 6962', () => {
  const leaves = treeOf([
    Buffer.alloc(0),
    Buffer.of(0),
    Buffer.of(0x10),
    Buffer.of(0x20, 0x21),
    Buffer.of(0x30, 0x31),
    Buffer.of(0x40, 0x41, 0x42, 0x43),
  ])
  expect(computeRoot(leaves.slice(0, 1)).toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
  expect(computeRoot(leaves.slice(0, 2)).toString('hex')).toBe('fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125')
  expect(computeRoot(leaves.slice(0, 3)).toString('hex')).toBe('aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77')
  expect(computeRoot(leaves).toString('hex')).toBe('76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef')
})

it('every leaf of a tree of any size has a proof that leads to the root', () => {
  fc.assert(
    fc.property(trees, fc.nat(), (contents, pick) => {
      const leaves = treeOf(contents)
      const index = pick % leaves.length
      const path = proveInclusion(leaves, index)
      expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(leaves.length)))
      expect(followProof(leaves[index] ?? Buffer.alloc(0), index, leaves.length, path)).toEqual(computeRoot(leaves))
    }),
    { numRuns },
  )
})

it('no other leaf, place, size or path leads to the root', () => {
  fc.assert(
    fc.property(trees, fc.nat(), fc.nat(), (contents, pick, other) => {
      const leaves = treeOf(contents)
      const [index, size] = [pick % leaves.length, leaves.length]
      const leaf = leaves[index] ?? Buffer.alloc(0)
      const root = computeRoot(leaves)
      const path = proveInclusion(leaves, index)
      expect(followProof(randomBytes(32), index, size, path)).not.toEqual(root)
      expect(followProof(leaf, index, size, [...path, randomBytes(32)])).not.toEqual(root)
      expect(followProof(leaf, size, size, path)).toBeNull()
      if (path.length === 0) return
      expect(followProof(leaf, index, size, path.slice(1))).not.toEqual(root)
      const changed = path.map((hash, at) => (at === other % path.length ? randomBytes(32) : hash))
      expect(followProof(leaf, index, size, changed)).not.toEqual(root)
      const elsewhere = (index + 1 + (other % (size - 1))) % size
      expect(followProof(leaf, elsewhere, size, path)).not.toEqual(root)
    }),
    { numRuns },
  )
})

it('a change, an addition, a removal or a move of any leaf changes the root', () => {
  fc.assert(
    fc.property(trees, fc.nat(), fc.nat(), (contents, pick, other) => {
      const leaves = treeOf(contents)
      const [at, to] = [pick % leaves.length, other % leaves.length]
      const root = computeRoot(leaves)
      expect(computeRoot(leaves.with(at, randomBytes(32)))).not.toEqual(root)
      expect(computeRoot(leaves.toSpliced(at, 0, randomBytes(32)))).not.toEqual(root)
      if (leaves.length > 1) expect(computeRoot(leaves.toSpliced(at, 1))).not.toEqual(root)
      const moved = leaves.toSpliced(at, 1).toSpliced(to, 0, leaves[at] ?? Buffer.alloc(0))
      if (at !== to) expect(computeRoot(moved)).not.toEqual(root)
    }),
    { numRuns },
  )
})
