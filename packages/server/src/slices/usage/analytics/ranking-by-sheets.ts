import type pg from 'pg'
import { countLimit } from '../../../platform/page'
import { otherValue } from '../rollups/dimensions'
import { hashGroup } from '../sheets/group-hash'
import type { SheetMeasure } from '../sheets/sheet'
import { findRest, pickLeaders } from './leaders'
import { createBinder } from './parts'
import type { Plan } from './plan'
import type { RollupSource } from './question'
import type { Ranked, Ranking } from './ranked-group'
import { findSheets, readNames, readSheets, type SheetDay } from './sheet-days'
import { selectParts, toKeys } from './sum-rows'
import { addUp, createTally, putAmount, readAmount, type Tally } from './tally'

type SummedPlan = Plan & { rollups: RollupSource }

/** A group as it is called, with its sums as text. */
interface GroupRow {
  value: string
  paired: string
  sums: string[]
}

const measured: Record<Ranking['by'], readonly SheetMeasure[]> = {
  cost: ['cost'],
  calls: ['calls'],
  tokens: ['tokens'],
  errors: ['errors'],
  averageLatency: ['latencyMs', 'latencyCalls'],
}

/** Other questions get their turn between so many days. */
const daysAtOnce = 100

/** Groups of days that are over come laid out; those of the present one, and what of a range is no whole day, come as rows. */
export async function rankSheets(client: pg.ClientBase, plan: SummedPlan, ranking: Ranking): Promise<Ranked> {
  const { dimension } = plan.rollups
  const measures = measured[ranking.by]
  const { sheets, left } = await findSheets(client, plan, dimension)
  const rows = await readGroups(client, { ...plan, segments: left }, measures)
  const tally = createTally(
    sheets.reduce((size, { groups }) => size + groups, rows.length),
    measures.length,
  )
  putRows(tally, rows)
  await addSheets(client, plan, measures, sheets, { tally, from: rows.length })
  if (ranking.by === 'averageLatency') divideSums(tally)
  const restHash = hashGroup(otherValue, dimension.includes('_') ? otherValue : '')
  const leaders = ranking.after?.isRest ? [] : pickLeaders(tally, ranking, restHash)
  const rest = ranking.after?.isRest || leaders.length === ranking.limit ? null : findRest(tally, restHash)
  const named = await nameGroups(client, plan, { rows, sheets }, rest === null ? leaders : [...leaders, rest])
  const groups = named.map(({ place, key }) => ({
    key,
    isRest: place === rest,
    rank: readAmount(tally, place),
    tie: String(tally.hashes[place]),
  }))
  return { groups, total: Math.min(tally.groups, countLimit) }
}

/** Days name a group once each, and come as they are: to add them up here is less than to have them grouped. */
async function readGroups(client: pg.ClientBase, plan: SummedPlan, measures: readonly SheetMeasure[]): Promise<GroupRow[]> {
  if (plan.segments.length === 0) return []
  const binder = createBinder()
  const keys = toKeys(plan)
  const counts = measures.filter((name) => name !== 'cost' && name !== 'calls')
  const wanted = { counts: ['calls', ...counts], nanos: measures.filter((name) => name === 'cost'), hasVector: false } as const
  const parts = `FROM (${selectParts(plan, wanted, {}, binder)}) AS part`
  const select = (toSum: (name: string) => string) =>
    `SELECT ${[...keys, ...measures.map((name) => `${toSum(`"${name}"`)}::text`)].join(', ')}`
  const isByDay = plan.segments.every(({ of }) => of === 'day')
  const text = isByDay
    ? `${select((sum) => sum)} ${parts} WHERE calls > 0`
    : `${select((sum) => `sum(${sum})`)} ${parts} GROUP BY ${keys.join(', ')} HAVING sum(calls) > 0`
  const { rows } = await client.query<string[]>({ text, values: binder.values, rowMode: 'array' })
  const columns = plan.question.groups.map((subject) => plan.rollups.columns.get(subject))
  const [value, paired] = [columns.indexOf('value'), columns.indexOf('paired')]
  return rows.map((row) => ({ value: row[value] ?? '', paired: row[paired] ?? '', sums: row.slice(keys.length) }))
}

function putRows(tally: Tally, rows: readonly GroupRow[]): void {
  for (const [place, { value, paired, sums }] of rows.entries()) {
    tally.hashes[place] = hashGroup(value, paired)
    putAmount(tally, place, sums[0] ?? '0')
    const [, second] = tally.sums
    if (second) second[place] = Number(sums[1])
  }
  addUp(tally, 0, rows.length)
}

async function addSheets(
  client: pg.ClientBase,
  { organizationId, rollups: { dimension } }: SummedPlan,
  measures: readonly SheetMeasure[],
  sheets: readonly SheetDay[],
  { tally, from }: { tally: Tally; from: number },
): Promise<void> {
  let place = from
  for (let first = 0; first < sheets.length; first += daysAtOnce) {
    const days = sheets.slice(first, first + daysAtOnce)
    const starts = days.map(({ start }) => start)
    const texts = await readSheets(client, organizationId, dimension, starts, measures)
    const begin = place
    for (const [at, { groups }] of days.entries()) {
      for (const [column, array] of [tally.hashes, ...tally.sums].entries()) {
        Buffer.from(array.buffer, place * 8, groups * 8).write(texts[at]?.[column] ?? '', 'base64')
      }
      place += groups
    }
    addUp(tally, begin, place)
  }
}

/** Millionths of a millisecond, on average: a whole number says which is more. */
function divideSums({ sums: [ms, calls], highs, firsts, groups }: Tally): void {
  if (!ms || !calls) return
  for (const place of firsts.subarray(0, groups)) {
    ms[place] = calls[place] ? Math.round(((ms[place] ?? 0) * 1_000_000) / calls[place]) : 0
    highs[place] = 0
  }
}

async function nameGroups(
  client: pg.ClientBase,
  { organizationId, rollups, question }: SummedPlan,
  { rows, sheets }: { rows: readonly GroupRow[]; sheets: readonly SheetDay[] },
  places: readonly number[],
): Promise<{ place: number; key: string[] }[]> {
  const isRow = (place: number) => place < rows.length
  const read = await readNames(
    client,
    organizationId,
    rollups.dimension,
    places.filter((place) => !isRow(place)).map((place) => findNumber(sheets, place - rows.length)),
  )
  const names = read.values()
  return places.map((place) => {
    const name = isRow(place) ? rows[place] : names.next().value
    if (!name) throw new Error('a group that no day names')
    return { place, key: question.groups.map((subject) => name[rollups.columns.get(subject) ?? 'value']) }
  })
}

/** Of which day, and which of its groups. */
function findNumber(sheets: readonly SheetDay[], place: number): { start: Date; nth: number } {
  let nth = place
  for (const { start, groups } of sheets) {
    if (nth < groups) return { start, nth }
    nth -= groups
  }
  throw new Error('a group beyond the days that were read')
}
