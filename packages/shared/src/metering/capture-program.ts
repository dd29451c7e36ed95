import { hasBytes, toBytes } from './bytes'
import type { Capture } from './capture'

interface Member {
  name: Uint8Array
  node: CaptureNode
}

/** A place in JSON that some capture names or passes through. The numbers are indexes of slots. */
export interface CaptureNode {
  /** By the length of the name in bytes. */
  members: (Member[] | undefined)[]
  element: CaptureNode | null
  kept: number[]
  counts: number[]
  characters: number[]
  /** To see the same value once more changes nothing: nothing of it is counted but characters. */
  isRepeatable: boolean
}

/** Captures as a tree to walk beside the JSON, and the order of their slots. */
export interface CaptureProgram {
  root: CaptureNode
  /** A root array, which counts as a sequence of events. */
  events: CaptureNode
  captures: readonly { name: string; keep: Capture['keep'] }[]
}

const createNode = (): CaptureNode => ({ members: [], element: null, kept: [], counts: [], characters: [], isRepeatable: true })

const programs = new WeakMap<object, CaptureProgram>()

/** Compiled once for each set of captures, which is data of a provider and never changes. */
export function compileCaptures(captures: Readonly<Record<string, Capture>>): CaptureProgram {
  const known = programs.get(captures)
  if (known !== undefined) return known
  const root = createNode()
  const entries = Object.entries(captures)
  for (const [index, [, capture]] of entries.entries()) {
    const node = growPath(root, capture.path)
    if (capture.keep === 'count' || capture.keep === 'values') node.isRepeatable = false
    if (capture.keep === 'count') node.counts.push(index)
    else if (capture.keep === 'characters') node.characters.push(index)
    else node.kept.push(index)
  }
  const program = { root, events: { ...createNode(), element: root }, captures: entries.map(([name, { keep }]) => ({ name, keep })) }
  programs.set(captures, program)
  return program
}

export function findMember(node: CaptureNode, bytes: Uint8Array, from: number, to: number): CaptureNode | null {
  const length = to - from
  const candidates = length < node.members.length ? node.members[length] : undefined
  if (candidates === undefined) return null
  for (let index = 0; index < candidates.length; index++) {
    const candidate = candidates[index]
    if (candidate !== undefined && hasBytes(bytes, from, candidate.name)) return candidate.node
  }
  return null
}

function growPath(root: CaptureNode, path: string): CaptureNode {
  let node = root
  for (const part of path.split('.')) {
    const [name = '', ...brackets] = part.split('[]')
    if (name !== '') node = growMember(node, toBytes(name))
    for (const _ of brackets) node = node.element ??= createNode()
  }
  return node
}

function growMember(parent: CaptureNode, name: Uint8Array): CaptureNode {
  const known = findMember(parent, name, 0, name.length)
  if (known !== null) return known
  const node = createNode()
  while (parent.members.length <= name.length) parent.members.push(undefined)
  parent.members[name.length] = [...(parent.members[name.length] ?? []), { name, node }]
  return node
}
