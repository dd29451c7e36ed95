import { expect, test } from 'vitest'
import { type DayLeft, projectMonth, type SpentDay } from './projection'

const days = (...nanos: number[]): SpentDay[] => nanos.map((amount) => ({ isWeekend: false, nanos: BigInt(amount) }))
const weekend = (...nanos: number[]): SpentDay[] => days(...nanos).map((day) => ({ ...day, isWeekend: true }))
const left = (thousandths: number, isWeekend = false): DayLeft => ({ isWeekend, thousandths })

test('below three days of data nothing is projected', () => {
  expect(projectMonth(10n, [], [left(1_000)])).toBeNull()
  expect(projectMonth(10n, days(5, 5), [left(1_000)])).toBeNull()
})

test('what comes is the median of the last seven days times the days left', () => {
  const past = days(1_000, 1_000, 10, 20, 30, 40, 50, 60, 9_999)
  expect(projectMonth(100n, past, [left(500), left(1_000), left(1_000)])).toEqual({
    nanos: 200n,
    basis: [{ kind: 'any', days: 7, medianNanos: 40n, thousandths: 2_500 }],
  })
})

test('weekdays compare with weekdays and weekend days with weekend days, where there are three of both', () => {
  const past = [...days(100, 100, 100), ...weekend(10, 20, 30)]
  expect(projectMonth(0n, past, [left(1_000), left(1_000, true)])).toMatchObject({
    nanos: 120n,
    basis: [{ kind: 'weekday' }, { kind: 'weekend' }],
  })
  const fewer = [...days(100, 100, 100), ...weekend(10, 20)]
  expect(projectMonth(0n, fewer, [left(1_000), left(1_000, true)])).toMatchObject({ nanos: 200n, basis: [{ kind: 'any', days: 5 }] })
})

test('a month that is over costs what was spent, and halves go to the even nano', () => {
  expect(projectMonth(77n, days(1, 2, 3), [])).toMatchObject({ nanos: 77n })
  expect(projectMonth(0n, days(1, 2, 3, 4), [left(1_000)])).toMatchObject({ nanos: 2n, basis: [{ medianNanos: 2n }] })
  expect(projectMonth(0n, days(3, 3, 3), [left(500)])).toMatchObject({ nanos: 2n })
})
