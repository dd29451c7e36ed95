import type { Granularity } from '@keylease/shared/contracts/usage-timeseries'
import type { Period } from './period'

/** A part of a range, and what answers it: sums of one grain, or single calls. */
export interface Segment {
  of: 'month' | 'day' | 'hour' | 'quarter' | 'event'
  from: Date
  to: Date
}

/** The range that is really answered, and its parts. */
export interface Cover {
  from: Date
  to: Date
  segments: readonly Segment[]
}

const quarterMs = 15 * 60_000
const hourMs = 4 * quarterMs

export type Bounds = Pick<
  Period,
  | 'from'
  | 'to'
  | 'hasWholeHours'
  | 'fromDay'
  | 'fromNextDay'
  | 'fromMonth'
  | 'fromNextMonth'
  | 'toDay'
  | 'toNextDay'
  | 'toMonth'
  | 'toNextMonth'
>

/**
 * The coarsest sums that fit, finer ones at the edges, single calls where a quarter is cut. Nothing lies in the future, so a range
 * that reaches to the present takes today's sums as they are, and those of this month. Before the horizon only days are left: an
 * edge there becomes a whole one.
 */
export function coverBySums(period: Bounds, now: Date, horizon: Date, granularity?: Granularity): Cover {
  const { from, to } = widen(period, horizon)
  // A week may lie in two months.
  const hasMonths = granularity === undefined || granularity === 'month'
  const isPresent = period.to >= now
  const end = isPresent ? (hasMonths ? period.toNextMonth : period.toNextDay) : to
  return { from, to, segments: mergeParts(hasMonths ? cutMonths(period, from, end) : cutDays(period, from, end)) }
}

/** The same where points are shorter than days. Hours are those of UTC: they are none of a zone that is half an hour off. */
export function coverByHours({ from, to, toNextDay, hasWholeHours }: Bounds, now: Date, granularity: 'hour' | 'quarter'): Cover {
  const end = to >= now ? toNextDay : to
  return { from, to, segments: granularity === 'hour' && hasWholeHours ? cutHours(from, end) : cutQuarters(from, end) }
}

export const coverByEvents = ({ from, to }: Bounds): Cover => ({ from, to, segments: toPart('event', from, to) })

function widen({ from, to, fromDay, toDay, toNextDay }: Bounds, horizon: Date): { from: Date; to: Date } {
  const isCut = to < horizon && to.getTime() !== toDay.getTime()
  return { from: from < horizon ? fromDay : from, to: isCut ? toNextDay : to }
}

function cutMonths(bounds: Bounds, from: Date, to: Date): Segment[] {
  const { fromMonth, fromNextMonth, toMonth, toNextMonth } = bounds
  const first = isSame(from, fromMonth) ? from : fromNextMonth
  const last = isSame(to, toNextMonth) ? to : toMonth
  return cutWhole('month', [from, first, last, to], (start, end) => cutDays(bounds, start, end))
}

/** What is neither the beginning nor the end of the range is where a day begins. */
function cutDays(bounds: Bounds, from: Date, to: Date): Segment[] {
  const first = isSame(from, bounds.from) && !isSame(from, bounds.fromDay) ? bounds.fromNextDay : from
  const last = isSame(to, bounds.to) ? bounds.toDay : to
  return cutWhole('day', [from, first, last, to], cutHours)
}

const cutHours = (from: Date, to: Date) => cutWhole('hour', toWhole(hourMs, from, to), cutQuarters)
const cutQuarters = (from: Date, to: Date) => cutWhole('quarter', toWhole(quarterMs, from, to), (start, end) => toPart('event', start, end))

const toWhole = (ms: number, from: Date, to: Date): Stretch => [
  from,
  new Date(Math.ceil(from.getTime() / ms) * ms),
  new Date(Math.floor(to.getTime() / ms) * ms),
  to,
]

type Stretch = readonly [from: Date, first: Date, last: Date, to: Date]

/** Whole ones from the first to the last, and something finer before and after: nothing finer crosses the beginning of one. */
function cutWhole(of: Segment['of'], [from, first, last, to]: Stretch, cutFiner: (from: Date, to: Date) => Segment[]): Segment[] {
  return first <= last ? [...cutFiner(from, first), ...toPart(of, first, last), ...cutFiner(last, to)] : cutFiner(from, to)
}

function mergeParts(parts: readonly Segment[]): Segment[] {
  const merged: Segment[] = []
  for (const part of parts) {
    const before = merged.at(-1)
    if (before && before.of === part.of && isSame(before.to, part.from)) merged[merged.length - 1] = { ...before, to: part.to }
    else merged.push(part)
  }
  return merged
}

const isSame = (one: Date, other: Date) => one.getTime() === other.getTime()
const toPart = (of: Segment['of'], from: Date, to: Date): Segment[] => (from < to ? [{ of, from, to }] : [])
