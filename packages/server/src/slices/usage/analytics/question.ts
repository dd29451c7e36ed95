import type { UsageDimension } from '@keylease/shared/contracts/usage-breakdown'
import type { Actor } from '../../../platform/auth'
import { reachOf } from '../../../platform/reach'
import { type Dimension, dimensionSources } from '../rollups/dimensions'
import type { CountName } from './measures'

/** What a condition or a group of an answer may be about. */
export type Subject = UsageDimension | 'trace'

/** A call is meant where its value is among these. */
interface Condition {
  subject: Subject
  values: readonly string[]
}

/** Which calls are meant, and by what they are told apart. */
export interface Question {
  conditions: readonly Condition[]
  groups: readonly UsageDimension[]
  /** A call counts once under each of its tags, although they are not told apart. */
  isPerTag?: boolean
}

const subjects = {
  provider: 'provider',
  model: 'model',
  operation: 'operation',
  endpoint: 'endpoint',
  agentId: 'agent',
  projectId: 'project',
  teamId: 'team',
  memberId: 'member',
  keyId: 'key',
  environment: 'environment',
  tag: 'tag',
  leaseId: 'lease',
  conversation: 'conversation',
  endUser: 'endUser',
  status: 'status',
  quality: 'quality',
  traceId: 'trace',
  scope: 'scope',
} as const satisfies Record<string, Subject>

export type UsageFilters = { [Name in keyof typeof subjects]?: string | undefined }

/** Who works in teams is told of these alone, whatever they ask for. */
export function toQuestion(actor: Actor, filters: UsageFilters, groups: readonly UsageDimension[] = []): Question {
  const names = Object.keys(subjects) as (keyof typeof subjects)[] // its own names
  const conditions = names.flatMap((name): Condition[] => {
    const value = filters[name]
    return value === undefined ? [] : [{ subject: subjects[name], values: [value] }]
  })
  const teams = reachOf(actor)
  return { conditions: teams === null ? conditions : [...conditions, { subject: 'team', values: teams }], groups }
}

const countedValues: Partial<Record<Subject, Readonly<Record<string, CountName>>>> = {
  status: { ok: 'ok', error: 'errors', aborted: 'aborted' },
  quality: { exact: 'exact', estimated: 'estimated', assumed: 'assumed' },
}

/** How many calls are meant, as sums may tell: those of a status or a quality are counted in sums of what else is asked. */
export function toCounted(question: Question): { by: CountName; question: Question } {
  for (const condition of question.conditions) {
    const [value, another] = condition.values
    const by = another === undefined ? countedValues[condition.subject]?.[value ?? ''] : undefined
    if (by) return { by, question: { ...question, conditions: question.conditions.filter((one) => one !== condition) } }
  }
  return { by: 'calls', question }
}

/** Where sums of the question are kept, and in which column of their key each subject stands. */
export interface RollupSource {
  dimension: Dimension
  columns: ReadonlyMap<Subject, 'value' | 'paired'>
}

const kept: ReadonlySet<string> = new Set(dimensionSources.map(([name]) => name))
const isKept = (name: string): name is Dimension => kept.has(name)

/** Null where only single calls can tell, such as with which other tags a tag occurs. */
export function findRollups({ conditions, groups, isPerTag }: Question): RollupSource | null {
  const asked = new Set<Subject>([...conditions.map(({ subject }) => subject), ...groups, ...(isPerTag ? (['tag'] as const) : [])])
  const isTagFiltered = conditions.some(({ subject }) => subject === 'tag')
  if (isTagFiltered && (isPerTag || groups.includes('tag'))) return null
  const [one, other, third] = asked
  if (one === undefined) return { dimension: 'total', columns: new Map() }
  if (other === undefined) return isKept(one) ? { dimension: one, columns: new Map([[one, 'value']]) } : null
  return third === undefined ? (findPair(one, other) ?? findPair(other, one)) : null
}

function findPair(value: Subject, paired: Subject): RollupSource | null {
  const dimension = `${value}_${paired}`
  if (!isKept(dimension)) return null
  const columns = new Map<Subject, 'value' | 'paired'>([
    [value, 'value'],
    [paired, 'paired'],
  ])
  return { dimension, columns }
}
