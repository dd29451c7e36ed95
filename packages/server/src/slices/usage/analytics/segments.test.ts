import { expect, test } from 'vitest'
import { type Bounds, coverByHours, coverBySums } from './segments'

const now = new Date('2026-11-18T12:07:00.000Z')
const horizon = new Date('2026-08-20T00:00:00.000Z')
const dayMs = 86_400_000
/** How far ahead of UTC a clock of Nepal is. */
const nepalMs = 5.75 * 3_600_000

function toBounds(from: string, to: string, aheadMs = 0): Bounds {
  const local = (at: Date) => new Date(at.getTime() + aheadMs)
  const back = (ms: number) => new Date(ms - aheadMs)
  const day = (at: Date, more = 0) => back((Math.floor(local(at).getTime() / dayMs) + more) * dayMs)
  const month = (at: Date, more = 0) => back(Date.UTC(local(at).getUTCFullYear(), local(at).getUTCMonth() + more))
  const [start, end] = [new Date(from), new Date(to)]
  return {
    ...{ from: start, to: end, hasWholeHours: aheadMs === 0 },
    ...{ fromDay: day(start), fromNextDay: day(start, 1), fromMonth: month(start), fromNextMonth: month(start, 1) },
    ...{ toDay: day(end), toNextDay: day(end, 1), toMonth: month(end), toNextMonth: month(end, 1) },
  }
}

const cover = (from: string, to: string) => show(coverBySums(toBounds(from, to), now, horizon).segments)
const show = (segments: ReturnType<typeof coverBySums>['segments']) =>
  segments.map(({ of, from, to }) => `${of} ${from.toISOString().slice(5, 16)} ${to.toISOString().slice(5, 16)}`)

test('whole days are days', () => {
  expect(cover('2026-11-01T00:00:00.000Z', '2026-11-04T00:00:00.000Z')).toEqual(['day 11-01T00:00 11-04T00:00'])
})

test('whole months are months, the days around them days', () => {
  expect(cover('2026-09-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z')).toEqual(['month 09-01T00:00 11-01T00:00'])
  expect(cover('2026-08-30T00:00:00.000Z', '2026-11-03T05:00:00.000Z')).toEqual([
    ...['day 08-30T00:00 09-01T00:00', 'month 09-01T00:00 11-01T00:00', 'day 11-01T00:00 11-03T00:00', 'hour 11-03T00:00 11-03T05:00'],
  ])
  expect(cover('2026-10-20T00:00:00.000Z', '2026-11-03T00:00:00.000Z')).toEqual(['day 10-20T00:00 11-03T00:00'])
})

test('points of days and weeks are made of days, those of months of months', () => {
  const bounds = toBounds('2026-09-01T00:00:00.000Z', now.toISOString())
  const of = (granularity: 'day' | 'week' | 'month') => show(coverBySums(bounds, now, horizon, granularity).segments)
  expect([of('day'), of('week'), of('month')]).toEqual([
    ['day 09-01T00:00 11-19T00:00'],
    ['day 09-01T00:00 11-19T00:00'],
    ['month 09-01T00:00 12-01T00:00'],
  ])
})

test('a range that reaches to the present reads no single call at its end', () => {
  expect(cover('2026-11-01T00:00:00.000Z', now.toISOString())).toEqual(['month 11-01T00:00 12-01T00:00'])
  expect(cover('2026-11-18T11:00:00.000Z', now.toISOString())).toEqual(['hour 11-18T11:00 11-19T00:00', 'day 11-19T00:00 12-01T00:00'])
  expect(cover('2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z')).toEqual(['month 11-01T00:00 01-01T00:00'])
})

test('edges are hours, then quarters, and single calls only where a quarter is cut', () => {
  expect(cover('2026-11-01T10:07:00.000Z', '2026-11-04T00:20:00.000Z')).toEqual([
    ...['event 11-01T10:07 11-01T10:15', 'quarter 11-01T10:15 11-01T11:00', 'hour 11-01T11:00 11-02T00:00', 'day 11-02T00:00 11-04T00:00'],
    ...['quarter 11-04T00:00 11-04T00:15', 'event 11-04T00:15 11-04T00:20'],
  ])
  expect(cover('2026-11-01T10:01:00.000Z', '2026-11-01T10:14:00.000Z')).toEqual(['event 11-01T10:01 11-01T10:14'])
  expect(cover('2026-11-01T10:01:00.000Z', '2026-11-01T10:16:00.000Z')).toEqual(['event 11-01T10:01 11-01T10:16'])
  expect(cover('2026-11-01T23:00:00.000Z', '2026-11-02T01:00:00.000Z')).toEqual(['hour 11-01T23:00 11-02T01:00'])
})

test('what is older than quarters is answered in whole days', () => {
  const { from, to, segments } = coverBySums(toBounds('2026-03-01T10:00:00.000Z', '2026-03-02T10:00:00.000Z'), now, horizon)
  expect([from, to]).toEqual([new Date('2026-03-01T00:00:00.000Z'), new Date('2026-03-03T00:00:00.000Z')])
  expect(show(segments)).toEqual(['day 03-01T00:00 03-03T00:00'])
  expect(cover('2026-03-01T10:00:00.000Z', '2026-11-02T01:00:00.000Z')).toEqual([
    'month 03-01T00:00 11-01T00:00',
    'day 11-01T00:00 11-02T00:00',
    'hour 11-02T00:00 11-02T01:00',
  ])
})

test('points shorter than a day are made of hours and quarters alone', () => {
  const bounds = toBounds('2026-11-16T00:30:00.000Z', '2026-11-18T00:00:00.000Z')
  const of = (granularity: 'hour' | 'quarter', of = bounds) => show(coverByHours(of, now, granularity).segments)
  expect(of('hour')).toEqual(['quarter 11-16T00:30 11-16T01:00', 'hour 11-16T01:00 11-18T00:00'])
  expect(of('quarter')).toEqual(['quarter 11-16T00:30 11-18T00:00'])
  expect(of('hour', { ...bounds, hasWholeHours: false })).toEqual(['quarter 11-16T00:30 11-18T00:00'])
})

test('an hour that lies in two local days is read in quarters', () => {
  const inNepal = (from: string, to: string) => show(coverBySums(toBounds(from, to, nepalMs), now, horizon).segments)
  expect(inNepal('2026-11-10T16:00:00.000Z', '2026-11-10T20:00:00.000Z')).toEqual([
    ...['hour 11-10T16:00 11-10T18:00', 'quarter 11-10T18:00 11-10T19:00', 'hour 11-10T19:00 11-10T20:00'],
  ])
  expect(inNepal('2026-11-10T18:10:00.000Z', '2026-11-12T18:15:00.000Z')).toEqual([
    ...['event 11-10T18:10 11-10T18:15', 'day 11-10T18:15 11-12T18:15'],
  ])
})
