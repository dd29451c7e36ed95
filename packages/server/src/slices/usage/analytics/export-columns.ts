import { UsageEvent } from '@keylease/shared/contracts/usage-events'
import type { UsageExportQuery } from '@keylease/shared/contracts/usage-export'
import { usageClasses } from '@keylease/shared/pricing/vector'

export type Row = Readonly<Record<string, unknown>>

/** A column of a table, and where its cell stands in a row. */
interface Column {
  name: string
  read(row: Row): unknown
}

const timing = ['latency.p50Ms', 'latency.p95Ms', 'latency.p99Ms', 'latency.averageMs']
const quality = ['quality.exact', 'quality.estimated', 'quality.assumed']
const ofPoint = ['requests', 'errors', 'unpriced', 'costNanos', 'inputTokens', 'outputTokens', ...quality]
const ofGroup = [
  ...['requests', 'errors', 'unpriced', 'costNanos', 'costShare', 'estimatedNanos', 'assumedNanos', 'chargedNanos', 'errorRate'],
  ...['costPerRequestNanos', 'costPerMillionTokensNanos', 'cacheShare', ...quality, ...timing],
  ...usageClasses.map((name) => `tokens.${name}`),
]

/** The same columns whatever the rows hold. */
export function findColumns({ of, groupBy, latency }: UsageExportQuery): Column[] {
  if (of === 'events') return Object.keys(UsageEvent.shape).map(toColumn)
  const dimensions = (groupBy ?? (of === 'breakdown' ? 'model' : '')).split(',').filter(Boolean)
  const group = [...dimensions.map((name) => `keys.${name}`), 'label', 'isOther']
  const names = of === 'timeseries' ? ['at', ...group, ...ofPoint, ...(latency === 'true' ? timing : [])] : [...group, ...ofGroup]
  return names.map(toColumn)
}

/** A name with a dot is a member of a member. */
function toColumn(path: string): Column {
  const [outer = '', inner] = path.split('.')
  const name =
    outer === 'keys' || outer === 'quality' || outer === 'tokens'
      ? (inner ?? outer)
      : path.replace(/\.(.)/, (_, first: string) => first.toUpperCase())
  return { name, read: (row) => (inner === undefined ? row[outer] : (row[outer] as Row | null)?.[inner]) } // members of contract values are objects or null
}
