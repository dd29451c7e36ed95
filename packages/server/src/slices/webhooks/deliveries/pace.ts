const firstDelayMs = 10_000
const longestDelayMs = 6 * 3_600_000
const givenUpAfterMs = 24 * 3_600_000

/** When to try again: three times as long as before, up to six hours, less up to half of it by chance; null after a day of attempts. */
export function nextAttemptAt(attempts: number, startedAt: Date, now: Date, random: number): Date | null {
  const delayMs = Math.min(longestDelayMs, firstDelayMs * 3 ** (attempts - 1)) * (1 - random / 2)
  const next = now.getTime() + delayMs
  return next > startedAt.getTime() + givenUpAfterMs ? null : new Date(next)
}
