import type { ArrayColumn } from '../../../platform/postgres/binary-array'
import { toPowerCounts } from '../../../platform/postgres/binary-numeric'
import { sketchColumns, sumAt, sumColumns, wideColumns } from './columns'
import type { Delta } from './deltas'
import { type Grain, type GrainRow, grainTables } from './grains'
import { readWide, type Sums } from './sums'

export const placeNames = ['dimension', 'value', 'paired'] as const
export const grains = Object.keys(grainTables) as Grain[] // the keys are its own

const toDate = (ms: number | undefined) => (ms === undefined ? null : new Date(ms))

/** Where a delta stands, as a statement is told. */
export const placeColumns: readonly ArrayColumn<Delta>[] = [
  { type: 'text', read: ({ place }) => place.dimension },
  { type: 'timestamptz', read: ({ day }) => new Date(day) },
  { type: 'text', read: ({ place }) => place.value },
  { type: 'text', read: ({ place }) => place.paired },
]

/** Null for zero: most columns of most batches are nothing but that. */
const toSumColumn = (read: (sums: Sums) => number): ArrayColumn<GrainRow> => ({ type: 'bigint', read: ({ sums }) => read(sums) || null })

const toWideColumn = (name: (typeof wideColumns)[number], at: number): ArrayColumn<GrainRow> =>
  name === 'milliseconds'
    ? { type: 'bigint', read: ({ sums }) => readWide(sums, at) || null }
    : {
        type: 'numeric',
        read: ({ sums }) => {
          const amount = readWide(sums, at)
          return amount ? toPowerCounts(amount) : null
        },
      }

/** What is added to rows of sums: places, when the row of each grain begins, and sums in the order of their columns. */
export const deltaColumns: readonly ArrayColumn<GrainRow>[] = [
  ...placeNames.map((name): ArrayColumn<GrainRow> => ({ type: 'text', read: ({ of }) => of[name] })),
  ...grains.map((grain): ArrayColumn<GrainRow> => ({ type: 'timestamptz', read: ({ starts }) => toDate(starts[grain]) })),
  ...sumColumns.slice(0, sumAt.wide).map((_, at) => toSumColumn(({ amounts }) => amounts[at] ?? 0)),
  ...wideColumns.map(toWideColumn),
  ...sketchColumns.map((_, at): ArrayColumn<GrainRow> => ({ type: 'numeric', read: ({ sums }) => sums.sketches[at] ?? null })),
]
