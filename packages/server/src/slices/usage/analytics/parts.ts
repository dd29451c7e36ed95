import type { Granularity } from '@keylease/shared/contracts/usage-timeseries'
import { grainTables } from '../rollups/grains'
import type { Plan } from './plan'
import type { Subject } from './question'
import type { Segment } from './segments'

/** Values of a statement in the order of their places. */
export interface Binder {
  values: unknown[]
  bind(value: unknown): string
}

export function createBinder(): Binder {
  const values: unknown[] = []
  return { values, bind: (value) => `$${values.push(value)}` }
}

/** What stands between a part of a range and its sums. */
export interface PartOptions {
  granularity?: Granularity | undefined
  /** Only groups whose key is among these. */
  keys?: readonly (readonly string[])[] | undefined
}

const column = (name: string) => `coalesce(${name}, '')`
/** As the keys of sums are made of text: without control characters, and not for ever long. */
const text = (expression: string) => `left(translate(${column(expression)}, U&'${controls()}', ''), 200)`

function controls(): string {
  const codes = [...Array(31).keys()].map((at) => at + 1).concat([...Array(33).keys()].map((at) => at + 0x7f))
  return codes.map((code) => `\\${code.toString(16).padStart(4, '0')}`).join('')
}

/** Where each subject stands in a single call. */
const eventColumns: Record<Exclude<Subject, 'tag'>, string> = {
  provider: 'provider',
  model: text('coalesce(response_model, request_model)'),
  operation: text('operation'),
  endpoint: text('endpoint'),
  agent: column('agent_id'),
  project: column('project_id'),
  team: column('team_id'),
  member: column('member_id'),
  key: column('key_id'),
  environment: column('environment'),
  status: 'status',
  quality: 'quality',
  lease: column('lease_id'),
  conversation: text('conversation'),
  endUser: text('end_user'),
  scope: text('scope'),
  trace: `encode(trace_id, 'hex')`,
}

/** Conditions on single calls. */
export function toEventConditions({ question }: Pick<Plan, 'question'>, { bind }: Binder): string[] {
  return question.conditions.map(({ subject, values }) =>
    subject === 'tag' ? `tags && ${bind(values)}::text[]` : `${eventColumns[subject]} = ANY(${bind(values)}::text[])`,
  )
}

/** Rows of one part of the range: when they begin, their key as k0, k1 …, and `columns`. */
export function selectPart(
  plan: Plan,
  segment: Segment,
  columns: (of: 'sums' | 'event') => readonly string[],
  { granularity, keys }: PartOptions,
  binder: Binder,
): string {
  const isEvent = segment.of === 'event'
  const at = isEvent ? 'occurred_at' : 'starts_at'
  const groups = plan.question.groups.map((subject, place) => `${toKeyColumn(plan, subject, isEvent)} AS k${place}`)
  const bucket = granularity ? [`${toBucket(granularity, at, plan.timeZone, binder)} AS at`] : []
  const conditions = isEvent ? ['linked_to IS NULL', ...toEventConditions(plan, binder)] : toSumConditions(plan, keys, binder)
  const hasTags = isEvent && (plan.question.groups.includes('tag') || plan.question.isPerTag === true)
  return `SELECT ${[...bucket, ...groups, ...columns(isEvent ? 'event' : 'sums')].join(', ')} FROM ${tables[segment.of]}${hasTags ? eachTag : ''}
    WHERE organization_id = ${binder.bind(plan.organizationId)} AND ${at} >= ${binder.bind(segment.from)} AND ${at} < ${binder.bind(segment.to)}
    ${conditions.map((condition) => `AND ${condition}`).join(' ')}`
}

const tables = { ...grainTables, event: 'usage_event' } as const
/** A call stands once under each of its tags, or under none. */
const eachTag = ` CROSS JOIN LATERAL (SELECT DISTINCT ${text('tag')} AS tag FROM unnest(CASE WHEN tags = '{}' THEN '{""}' ELSE tags END) AS tag) AS each_tag`

function toKeyColumn({ rollups }: Plan, subject: Subject, isEvent: boolean): string {
  if (isEvent) return subject === 'tag' ? 'each_tag.tag' : eventColumns[subject]
  return rollups?.columns.get(subject) ?? `''`
}

const toBucket = (granularity: Granularity, at: string, timeZone: string, { bind }: Binder) =>
  granularity === 'quarter' ? `date_bin('15 minutes', ${at}, '2000-01-01Z')` : `date_trunc('${granularity}', ${at}, ${bind(timeZone)})`

function toSumConditions({ question, rollups }: Plan, keys: PartOptions['keys'], { bind }: Binder): string[] {
  if (rollups === null) throw new Error('a part of sums in a plan that has none')
  const among = question.conditions.map(({ subject, values }) => toAmong(rollups.columns.get(subject), values, bind))
  const grouped =
    (keys &&
      question.groups.map((subject, place) =>
        toAmong(
          rollups.columns.get(subject),
          keys.map((key) => key[place] ?? ''),
          bind,
        ),
      )) ??
    []
  return [`dimension = ${bind(rollups.dimension)}`, ...among, ...grouped]
}

/** One value is found by its index in time. */
function toAmong(name: string | undefined, values: readonly string[], bind: Binder['bind']): string {
  const [one, more] = values
  return one !== undefined && more === undefined ? `${name} = ${bind(one)}` : `${name} = ANY(${bind([...new Set(values)])}::text[])`
}
