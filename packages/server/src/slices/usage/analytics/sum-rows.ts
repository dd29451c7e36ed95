import type pg from 'pg'
import { listMeasures, type Wanted } from './measures'
import { type Binder, createBinder, type PartOptions, selectPart } from './parts'
import type { Plan } from './plan'
import { type Sums, toSums } from './sums'

export interface SumRow {
  /** When the point begins; null where there are none. */
  at: Date | null
  key: string[]
  sums: Sums
}

type Row = Record<string, unknown> & { at?: Date }

/** Sums over the range: by point in time and by group, as far as they are asked for. */
export async function readSums(client: pg.ClientBase, plan: Plan, wanted: Wanted, options: PartOptions = {}): Promise<SumRow[]> {
  if (plan.segments.length === 0 || options.keys?.length === 0) return []
  const binder = createBinder()
  const by = [...(options.granularity ? ['at'] : []), ...toKeys(plan)]
  const sums = listMeasures(wanted).map(([name, , type]) => `sum("${name}")::${type === 'count' ? 'float8' : 'text'} AS "${name}"`)
  const found = await client.query<Row>(
    `SELECT ${[...by, ...sums].join(', ')} FROM (${selectParts(plan, wanted, options, binder)}) AS part
     ${toWhere(plan, options.keys, binder)} ${by.length > 0 ? `GROUP BY ${by.join(', ')} HAVING sum(calls) > 0` : ''}`,
    binder.values,
  )
  return found.rows.map((row) => ({ at: row.at ?? null, key: readKey(plan, row), sums: toSums(row) }))
}

export const toKeys = ({ question }: Plan) => question.groups.map((_, place) => `k${place}`)
export const readKey = (plan: Plan, row: Readonly<Record<string, unknown>>) => toKeys(plan).map((key) => String(row[key]))

export function selectParts(plan: Plan, wanted: Wanted, options: PartOptions, binder: Binder): string {
  const measures = listMeasures(wanted)
  const columns = (of: 'sums' | 'event') => measures.map(([name, measure]) => `${measure[of]} AS "${name}"`)
  return plan.segments.map((segment) => `(${selectPart(plan, segment, columns, options, binder)})`).join(' UNION ALL ')
}

/** Pairs are looked up by each of their halves: which of them belong together is said here. */
export function toWhere(plan: Plan, keys: PartOptions['keys'], { bind }: Binder): string {
  if (!keys) return ''
  const columns = toKeys(plan)
  const arrays = columns.map((_, place) => `${bind(keys.map((key) => key[place] ?? ''))}::text[]`)
  return `WHERE (${columns.join(', ')}) IN (SELECT * FROM unnest(${arrays.join(', ')}))`
}
