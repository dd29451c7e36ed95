import { sketchThresholds } from '@keylease/shared/insights/latency-sketch'
import type pg from 'pg'
import { createBinder, type PartOptions, selectPart } from './parts'
import type { Plan } from './plan'
import { readSketch, sketchUnits } from './sketch-number'
import { readKey, toKeys, toWhere } from './sum-rows'

export interface SketchRow {
  at: Date | null
  key: string[]
  sketch: number[]
}

/** Latency sketches added up: those of sums as the numbers that they are, those of single calls by counting. */
export async function readSketches(
  client: pg.ClientBase,
  plan: Plan,
  measured: 'latency' | 'first_token',
  options: PartOptions = {},
): Promise<SketchRow[]> {
  if (plan.segments.length === 0 || options.keys?.length === 0) return []
  const binder = createBinder()
  const by = [...(options.granularity ? ['at'] : []), ...toKeys(plan)]
  const grouping = by.length > 0 ? `GROUP BY ${by.join(', ')}` : ''
  const part = (of: 'sums' | 'event') => {
    const segments = plan.segments.filter((segment) => (segment.of === 'event') === (of === 'event'))
    const columns = () => [
      of === 'event'
        ? `width_bucket(${measured}_ms, ${binder.bind(sketchThresholds)}::integer[]) AS bucket`
        : `${measured}_sketch AS sketch`,
    ]
    return segments.map((segment) => selectPart(plan, segment, columns, options, binder)).join(' UNION ALL ')
  }
  const [sums, events] = [part('sums'), part('event')]
  const where = toWhere(plan, options.keys, binder)
  const counting = [...by, 'bucket'].join(', ')
  const select = (from: string, added: string) =>
    `SELECT ${[...by, `coalesce(sum(${added}), 0)::text AS sketch`].join(', ')} FROM (${from}) AS part ${where} ${grouping}`
  const ofEvents = `SELECT ${counting}, count(*) AS calls FROM (${events}) AS event GROUP BY ${counting}`
  const statements = [
    ...(sums ? [select(sums, 'sketch')] : []),
    ...(events ? [select(ofEvents, `calls * (${sketchUnits})[bucket + 1]`)] : []),
  ]
  const found = await client.query<{ at?: Date; sketch: string }>(statements.join(' UNION ALL '), binder.values)
  return mergeSketches(found.rows.map((row) => ({ at: row.at ?? null, key: readKey(plan, row), sketch: readSketch(row.sketch) })))
}

function mergeSketches(rows: readonly SketchRow[]): SketchRow[] {
  const merged = new Map<string, SketchRow>()
  for (const row of rows) {
    const name = [row.at?.getTime(), ...row.key].join('\u0000')
    const known = merged.get(name)
    merged.set(name, known ? { ...known, sketch: known.sketch.map((count, at) => count + (row.sketch[at] ?? 0)) } : row)
  }
  return [...merged.values()]
}
