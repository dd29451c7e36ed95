import { expect, test } from 'vitest'
import { coverByQuarters, coverBySums } from './segments'

const now = new Date('2026-11-18T12:07:00.000Z')
const horizon = new Date('2026-08-20T00:00:00.000Z')
const dayMs = 86_400_000

/** In UTC. */
function toBounds(from: string, to: string) {
  const floor = (at: Date) => new Date(Math.floor(at.getTime() / dayMs) * dayMs)
  const next = (at: Date) => new Date(floor(at).getTime() + dayMs)
  const [start, end] = [new Date(from), new Date(to)]
  return { from: start, to: end, fromDay: floor(start), fromNextDay: next(start), toDay: floor(end), toNextDay: next(end) }
}

const cover = (from: string, to: string) => show(coverBySums(toBounds(from, to), now, horizon).segments)
const show = (segments: ReturnType<typeof coverBySums>['segments']) =>
  segments.map(({ of, from, to }) => `${of} ${from.toISOString().slice(5, 16)} ${to.toISOString().slice(5, 16)}`)

test('whole days are days', () => {
  expect(cover('2026-11-01T00:00:00.000Z', '2026-11-04T00:00:00.000Z')).toEqual(['day 11-01T00:00 11-04T00:00'])
})

test('a range that reaches to the present reads no single call at its end', () => {
  expect(cover('2026-11-01T00:00:00.000Z', now.toISOString())).toEqual(['day 11-01T00:00 11-19T00:00'])
  expect(cover('2026-11-18T11:00:00.000Z', now.toISOString())).toEqual(['quarter 11-18T11:00 11-19T00:00'])
  expect(cover('2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z')).toEqual(['day 11-01T00:00 12-02T00:00'])
})

test('edges are quarters, and single calls only where a quarter is cut', () => {
  expect(cover('2026-11-01T10:07:00.000Z', '2026-11-04T00:20:00.000Z')).toEqual([
    ...['event 11-01T10:07 11-01T10:15', 'quarter 11-01T10:15 11-02T00:00', 'day 11-02T00:00 11-04T00:00'],
    ...['quarter 11-04T00:00 11-04T00:15', 'event 11-04T00:15 11-04T00:20'],
  ])
  expect(cover('2026-11-01T10:01:00.000Z', '2026-11-01T10:14:00.000Z')).toEqual(['event 11-01T10:01 11-01T10:14'])
  expect(cover('2026-11-01T10:01:00.000Z', '2026-11-01T10:16:00.000Z')).toEqual(['event 11-01T10:01 11-01T10:16'])
  expect(cover('2026-11-01T23:00:00.000Z', '2026-11-02T01:00:00.000Z')).toEqual(['quarter 11-01T23:00 11-02T01:00'])
})

test('what is older than quarters is answered in whole days', () => {
  const { from, to, segments } = coverBySums(toBounds('2026-03-01T10:00:00.000Z', '2026-03-02T10:00:00.000Z'), now, horizon)
  expect([from, to]).toEqual([new Date('2026-03-01T00:00:00.000Z'), new Date('2026-03-03T00:00:00.000Z')])
  expect(show(segments)).toEqual(['day 03-01T00:00 03-03T00:00'])
  expect(cover('2026-03-01T10:00:00.000Z', '2026-11-02T01:00:00.000Z')).toEqual([
    'day 03-01T00:00 11-02T00:00',
    'quarter 11-02T00:00 11-02T01:00',
  ])
})

test('points shorter than a day are made of quarters alone', () => {
  const bounds = toBounds('2026-11-16T00:00:00.000Z', '2026-11-18T00:00:00.000Z')
  expect(show(coverByQuarters(bounds, now).segments)).toEqual(['quarter 11-16T00:00 11-18T00:00'])
})
