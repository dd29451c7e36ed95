import { type Hours, weekdays } from '@keylease/shared/contracts/grant-restrictions'

interface LocalTime {
  /** Monday is 0. */
  day: number
  second: number
}

const daySeconds = 86_400
const formats = new Map<string, Intl.DateTimeFormat>()

export function isWithinHours(hours: Hours, at: Date): boolean {
  return secondsLeft(hours, at) > 0
}

/** How long the hours stay open from `at`, as far as `wantedSeconds`: spans that touch count as one. */
export function openSeconds(hours: Hours, at: Date, wantedSeconds: number): number {
  let open = 0
  while (open < wantedSeconds) {
    const left = secondsLeft(hours, new Date(at.getTime() + open * 1_000))
    if (left === 0) break
    open += left
  }
  const within = Math.min(open, wantedSeconds)
  // Where a clock is set forward inside the span, the local hour that is skipped does not count as open.
  const isStillOpen = within === 0 || isWithinHours(hours, new Date(at.getTime() + within * 1_000 - 1))
  return isStillOpen ? within : Math.max(0, Math.min(wantedSeconds, open - 3_600))
}

/** Seconds of local time to the end of the span that `at` is in; 0 outside. */
function secondsLeft(hours: Hours, at: Date): number {
  const { day, second } = toLocalTime(at, hours.timeZone)
  const from = toSeconds(hours.from)
  const to = toSeconds(hours.to)
  const isOpenDay = (index: number) => hours.days.some((name) => weekdays.indexOf(name) === (index + 7) % 7)
  const runsOver = from > to
  if (isOpenDay(day) && second >= from && (runsOver || second < to)) return runsOver ? daySeconds - second + to : to - second
  if (runsOver && isOpenDay(day - 1) && second < to) return to - second
  return 0
}

function toSeconds(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return hour * 3_600 + minute * 60
}

function toLocalTime(at: Date, timeZone: string): LocalTime {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  return {
    day: weekdays.findIndex((name) => parts['weekday']?.toLowerCase().startsWith(name)),
    second: Number(parts['hour']) * 3_600 + Number(parts['minute']) * 60 + Number(parts['second']),
  }
}

/** Making a format costs far more than using it, and there are only a few hundred zones. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    weekday: 'long',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  formats.set(timeZone, format)
  return format
}
