import type { AttributionRule } from '@keylease/shared/contracts/attribution-rules'
import { toCanonicalEmail } from '@keylease/shared/contracts/values'
import { matchesGlob } from './glob'
import type { Target, TargetKind, Wanted } from './target-rows'

/** Whom a rule names: by id, or as the value of an attribute does. */
export interface Reference {
  kind: TargetKind
  word: string
}

const ownerFields = ['agentId', 'projectId', 'teamId', 'memberId', 'environment'] as const
export type Owner = Record<(typeof ownerFields)[number], string | null>

/** Whom the rules name that fit, in their order. */
export function findReferences(rules: readonly AttributionRule[], attributes: ReadonlyMap<string, string>): Reference[] {
  return rules.flatMap(({ attribute, pattern, assign }) => {
    const value = attributes.get(attribute)
    if (value === undefined || !matchesGlob(pattern, value)) return []
    if ('agentId' in assign) return { kind: 'agent', word: assign.agentId }
    if ('projectId' in assign) return { kind: 'project', word: assign.projectId }
    if ('teamId' in assign) return { kind: 'team', word: assign.teamId }
    if ('memberId' in assign) return { kind: 'member', word: assign.memberId }
    return { kind: assign.as, word: assign.as === 'member' ? toMemberWord(value) : value }
  })
}

const toMemberWord = (value: string) => (value.includes('@') ? toCanonicalEmail(value) : value)

export function toWanted(references: readonly Reference[]): Wanted {
  const words = (kind: TargetKind) => [...new Set(references.flatMap((one) => (one.kind === kind ? [one.word] : [])))]
  return { agent: words('agent'), project: words('project'), team: words('team'), member: words('member') }
}

/** Finds what a reference names; nothing where it is not there, or where it is the name of several. */
export function createDirectory(targets: readonly Target[]): (reference: Reference) => Target | null {
  const byId = new Map(targets.map((target) => [`${target.kind} ${target.id}`, target]))
  const byName = Map.groupBy(targets, ({ kind, name }) => `${kind} ${name}`)
  return ({ kind, word }) => {
    const named = byName.get(`${kind} ${word}`) ?? []
    return byId.get(`${kind} ${word}`) ?? (named.length === 1 ? (named[0] ?? null) : null)
  }
}

/** Each field is filled by the first that knows it. */
export function toOwner(targets: readonly (Target | null)[]): Owner {
  const owner: Owner = { agentId: null, projectId: null, teamId: null, memberId: null, environment: null }
  for (const target of targets) for (const field of ownerFields) owner[field] ??= target?.[field] ?? null
  return owner
}
