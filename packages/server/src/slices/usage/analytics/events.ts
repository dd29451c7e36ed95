import type { EventsQuery, UsageEventDetail, UsageEventPage } from '@keylease/shared/contracts/usage-events'
import { timeOfId } from '@keylease/shared/ids'
import type pg from 'pg'
import type { Deps } from '../../../deps'
import type { Actor } from '../../../platform/auth'
import { AppError } from '../../../platform/errors'
import { countLimit, readKeyCursor, toKeyPage } from '../../../platform/page'
import { assertInReach } from '../../../platform/reach'
import { findDetailRow } from './detail-rows'
import { toEvent, toEventDetail } from './event-mapping'
import { listQuarters } from './event-quarters'
import { countEventRows, type EventPlace, type EventRange, listEventRows, listEventRowsOf } from './event-rows'
import { readNote } from './fold'
import type { CountName } from './measures'
import { readPeriod } from './period'
import { findHorizon, type Plan, planAnswer } from './plan'
import { toCounted, toQuestion, type UsageFilters } from './question'
import { readUsage } from './reading'
import { readSums } from './sum-rows'

const weekMs = 7 * 86_400_000
const cursorShape = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (use_[0-9a-z]{26})$/

interface AskedEvents extends UsageFilters {
  from?: string | undefined
  to?: string | undefined
  linked: 'true' | 'false'
}

/** Which events are meant: none from before the time that they are kept. */
export function toEventRange(deps: Deps, actor: Actor, { from, to, linked, ...filters }: AskedEvents): EventRange {
  const now = deps.clock.now()
  const horizon = findHorizon({ now, retentionDays: deps.env.usageRetentionDays })
  const end = to === undefined ? now : new Date(to)
  const start = from === undefined ? new Date(end.getTime() - weekMs) : new Date(from)
  const { organizationId } = actor
  return {
    organizationId,
    from: start < horizon ? horizon : start,
    to: end,
    question: toQuestion(actor, filters),
    hasLinked: linked === 'true',
  }
}

export async function listUsageEvents(deps: Deps, actor: Actor, { limit, cursor, ...asked }: EventsQuery): Promise<UsageEventPage> {
  const range = toEventRange(deps, actor, asked)
  const [occurredAt, id] = readKeyCursor(cursorShape, cursor) ?? []
  const after = occurredAt !== undefined && id !== undefined ? { occurredAt, id } : null
  const place = { after, take: limit + 1 }
  return readUsage(deps, actor, async (client) => {
    const { rows, total } = range.from < range.to ? await readPage(deps, client, range, place) : { rows: [], total: 0 }
    const page = toKeyPage(rows.map(toEvent), limit, total, (event) => `${event.occurredAt} ${event.id}`)
    return { ...page, from: range.from.toISOString(), to: range.to.toISOString(), freshAt: deps.clock.now().toISOString() }
  })
}

/** Sums know how many calls there are and in which quarter hours; without them calls are searched and counted. */
async function readPage(
  { clock, env }: Deps,
  client: pg.ClientBase,
  range: EventRange,
  place: { after: EventPlace['after']; take: number },
) {
  const { organizationId, from, to, question, hasLinked } = range
  const now = clock.now()
  const circumstances = { organizationId, now, retentionDays: env.usageRetentionDays }
  const counted = toCounted(question)
  const plan = planAnswer(await readPeriod(client, organizationId, { from, to }, now), counted.question, circumstances)
  if (hasLinked || plan.rollups === null || (await readNote(client, plan)) !== null) {
    return { rows: await listEventRows(client, range, place), total: await countEventRows(client, range) }
  }
  const total = await countCalls(client, plan, counted.by)
  if (plan.rollups.dimension === 'total' && counted.by === 'calls') return { rows: await listEventRows(client, range, place), total }
  const end = place.after ? new Date(Date.parse(place.after.occurredAt) + 1) : to
  const quarters = await listQuarters(client, plan, { from, to: end }, { by: counted.by, calls: place.take })
  return { rows: await listEventRowsOf(client, quarters, range, place), total }
}

/** Totals go so far and no further: where sums alone hold as many, single calls at the edges of the range are not looked at. */
async function countCalls(client: pg.ClientBase, plan: Plan, by: CountName): Promise<number> {
  const sums = plan.segments.filter(({ of }) => of !== 'event')
  const events = plan.segments.filter(({ of }) => of === 'event')
  let total = 0
  for (const segments of [sums, events]) {
    if (total >= countLimit) return total
    const [row] = await readSums(client, { ...plan, segments }, { counts: [by], nanos: [], hasVector: false })
    total += row?.sums.counts[by] ?? 0
  }
  return total
}

export async function getUsageEvent(deps: Deps, actor: Actor, id: string): Promise<UsageEventDetail> {
  const { organizationId } = actor
  const [row] = await Promise.all([
    readUsage(deps, actor, (client) => findDetailRow(client, organizationId, id, timeOfId(id))),
    deps.prices.load(organizationId),
  ])
  if (!row) throw new AppError('not_found')
  assertInReach(actor, row.team_id)
  return toEventDetail(row, findRates(deps, organizationId, row.price_id))
}

/** What the price says now under the id that the event names; null where nobody knows it any more. */
function findRates({ prices }: Deps, organizationId: string, priceId: string | null) {
  const { book, own } = prices.pricesOf(organizationId)
  const agreed = own.find(({ id }) => id === priceId)
  if (agreed) return agreed.kind === 'override' ? agreed.terms.rates : null
  return book.models.flatMap((model) => model.prices).find(({ id }) => id === priceId)?.rates ?? null
}
