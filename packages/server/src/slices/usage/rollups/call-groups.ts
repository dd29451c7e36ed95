import type { Contribution, LedgerChange } from '../contribution'
import { addCall, createSums, type Sums } from './sums'

/** What differs least comes first, so that there are few branches. */
const originFields = ['provider', 'operation', 'endpoint', 'teamId', 'environment', 'projectId', 'memberId', 'agentId', 'keyId'] as const
/** All that calls of one group have in common, and all that a dimension may ask for. */
export type CallPlace = Pick<Contribution, (typeof originFields)[number] | 'model' | 'tags'>

/** Calls of one quarter that stand at the same place along every dimension. */
export interface CallGroup {
  of: CallPlace
  /** When the quarter begins, in milliseconds. */
  quarter: number
  sums: Sums
}

const quarterMs = 15 * 60_000

const toQuarter = (at: Date): number => Math.floor(at.getTime() / quarterMs) * quarterMs

interface Branch {
  next: Map<string | number | null, Branch>
  group: CallGroup | null
}

const createBranch = (): Branch => ({ next: new Map(), group: null })

/** A batch is a few agents and models many times over: what is said of each of them is added up before it is said fifteen times. */
export function groupCalls(changes: readonly LedgerChange[]): CallGroup[] {
  const groups: CallGroup[] = []
  const root = createBranch()
  let last: Contribution | null = null
  let quarter = Number.NaN
  let origin = root
  for (const { of: call, sign } of changes) {
    const at = toQuarter(call.occurredAt)
    if (at !== quarter || last === null || !isSameOrigin(call, last)) origin = findOrigin(root, at, call)
    last = call
    quarter = at
    let branch = findNext(origin, call.model)
    for (const tag of call.tags) branch = findNext(branch, tag)
    if (branch.group === null) {
      branch.group = { of: call, quarter, sums: createSums() }
      groups.push(branch.group)
    }
    addCall(branch.group.sums, call, sign)
  }
  return groups
}

function findOrigin(root: Branch, quarter: number, call: CallPlace): Branch {
  let branch = findNext(root, quarter)
  for (const field of originFields) branch = findNext(branch, call[field])
  return branch
}

function isSameOrigin(one: CallPlace, other: CallPlace): boolean {
  for (const field of originFields) if (one[field] !== other[field]) return false
  return true
}

function findNext({ next }: Branch, value: string | number | null): Branch {
  let branch = next.get(value)
  if (!branch) {
    branch = createBranch()
    next.set(value, branch)
  }
  return branch
}
