import type { UsageDimension } from '@keylease/shared/contracts/usage-breakdown'
import type { UsageEvent } from '@keylease/shared/contracts/usage-events'
import type { UsageExportQuery } from '@keylease/shared/contracts/usage-export'
import type { Deps } from '../../../deps'
import type { Actor } from '../../../platform/auth'
import type { FileAnswer } from '../../../platform/file-answer'
import { breakUsageDown } from './breakdown'
import { toCsvRow } from './csv'
import { toEvent } from './event-mapping'
import { type EventPlace, listEventRows } from './event-rows'
import { toEventRange } from './events'
import { findColumns, type Row } from './export-columns'
import { readUsage } from './reading'
import { listUsagePoints } from './timeseries'

const eventsAtOnce = 1_000
const groupsAtOnce = 200

/** Rows as they are read: no more than a page is held, and none is read before the last is sent. */
type Rows = AsyncGenerator<readonly Row[]>

/** What cannot be answered is refused before the first byte: the first page is read here. */
export async function exportUsage(deps: Deps, actor: Actor, query: UsageExportQuery): Promise<FileAnswer> {
  const rows = readRows(deps, actor, query)
  const first = await rows.next()
  const isCsv = query.format === 'csv'
  return {
    contentType: isCsv ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
    fileName: `keylease-usage-${query.of}-${deps.clock.now().toISOString().slice(0, 10)}.${isCsv ? 'csv' : 'jsonl'}`,
    chunks: writeRows(isCsv ? findColumns(query) : null, first.done ? [] : first.value, rows),
  }
}

async function* writeRows(columns: ReturnType<typeof findColumns> | null, first: readonly Row[], rest: Rows): AsyncGenerator<string> {
  const write = (rows: readonly Row[]) =>
    rows.map((row) => (columns ? toCsvRow(columns.map(({ read }) => read(row))) : `${JSON.stringify(row)}\n`)).join('')
  yield `${columns ? toCsvRow(columns.map(({ name }) => name)) : ''}${write(first)}`
  for await (const rows of rest) yield write(rows)
}

function readRows(deps: Deps, actor: Actor, query: UsageExportQuery): Rows {
  if (query.of === 'events') return readEvents(deps, actor, query)
  return query.of === 'timeseries' ? readPoints(deps, actor, query) : readGroups(deps, actor, query)
}

async function* readEvents(deps: Deps, actor: Actor, query: UsageExportQuery): Rows {
  const range = toEventRange(deps, actor, query)
  let after: EventPlace['after'] = null
  while (range.from < range.to) {
    const place: EventPlace = { after, take: eventsAtOnce, isOldestFirst: true }
    const events: UsageEvent[] = (await readUsage(deps, actor, (client) => listEventRows(client, range, place))).map(toEvent)
    const last = events.at(-1)
    if (last) yield events
    if (!last || events.length < eventsAtOnce) return
    after = { occurredAt: last.occurredAt, id: last.id }
  }
}

async function* readPoints(deps: Deps, actor: Actor, { groupBy, ...query }: UsageExportQuery): Rows {
  const dimension = groupBy as UsageDimension | undefined // the contract takes one name here
  const { series } = await listUsagePoints(deps, actor, { ...query, groupBy: dimension })
  for (const { points, keys, label, isOther } of series) yield points.map((point) => ({ keys, label, isOther, ...point }))
}

async function* readGroups(deps: Deps, actor: Actor, { groupBy = 'model', ...query }: UsageExportQuery): Rows {
  let cursor: string | undefined
  do {
    const page = await breakUsageDown(deps, actor, { ...query, groupBy, compare: 'false', limit: groupsAtOnce, cursor })
    yield page.items
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}
