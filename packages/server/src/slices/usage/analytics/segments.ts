import type { Period } from './period'

/** A part of a range, and what answers it: sums of days, sums of quarter hours, or single calls. */
export interface Segment {
  of: 'day' | 'quarter' | 'event'
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
type Bounds = Pick<Period, 'from' | 'to' | 'fromDay' | 'fromNextDay' | 'toDay' | 'toNextDay'>

/**
 * Whole days, whole quarters at the edges, single calls where a quarter is cut. Nothing lies in the future, so a range that reaches
 * to the present takes today's sums as they are. Before the horizon only days are left: an edge there becomes a whole one.
 */
export function coverBySums(period: Bounds, now: Date, horizon: Date): Cover {
  const { from, to } = widen(period, horizon)
  const end = period.to >= now ? period.toNextDay : to
  const firstDay = from.getTime() === period.fromDay.getTime() ? from : period.fromNextDay
  const lastDay = end.getTime() === period.toNextDay.getTime() ? end : period.toDay
  const segments =
    firstDay < lastDay ? [...toEdge(from, firstDay), ...toPart('day', firstDay, lastDay), ...toEdge(lastDay, end)] : toEdge(from, end)
  return { from, to, segments }
}

/** The same where points are shorter than days. */
export function coverByQuarters({ from, to, toNextDay }: Bounds, now: Date): Cover {
  return { from, to, segments: toEdge(from, to >= now ? toNextDay : to) }
}

export const coverByEvents = ({ from, to }: Bounds): Cover => ({ from, to, segments: toPart('event', from, to) })

function widen({ from, to, fromDay, toDay, toNextDay }: Bounds, horizon: Date): { from: Date; to: Date } {
  const isCut = to < horizon && to.getTime() !== toDay.getTime()
  return { from: from < horizon ? fromDay : from, to: isCut ? toNextDay : to }
}

function toEdge(from: Date, to: Date): Segment[] {
  const first = new Date(Math.ceil(from.getTime() / quarterMs) * quarterMs)
  const last = new Date(Math.floor(to.getTime() / quarterMs) * quarterMs)
  if (first >= last) return toPart('event', from, to)
  return [...toPart('event', from, first), ...toPart('quarter', first, last), ...toPart('event', last, to)]
}

const toPart = (of: Segment['of'], from: Date, to: Date): Segment[] => (from < to ? [{ of, from, to }] : [])
