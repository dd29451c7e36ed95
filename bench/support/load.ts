/** Closed loop: each of so many workers asks again as soon as it was answered. Answers per second. */
export async function countPerSecond(workers: number, ms: number, ask: (worker: number) => Promise<void>): Promise<number> {
  const started = performance.now()
  let answered = 0
  const work = async (worker: number) => {
    while (performance.now() - started < ms) {
      await ask(worker)
      answered++
    }
  }
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
  return (answered / (performance.now() - started)) * 1_000
}

/**
 * Open loop: each request has its time, whether or not those before it are answered; a worker that is free takes the oldest that is due.
 * Milliseconds from the time that a request was due to its answer; what is not sent within half as long again is left out.
 */
export async function measureOpenLoop(
  { perSecond, seconds, workers }: { perSecond: number; seconds: number; workers: number },
  ask: (worker: number) => Promise<void>,
): Promise<number[]> {
  const started = performance.now()
  const total = perSecond * seconds
  const endsAt = started + seconds * 1_500
  const latencies: number[] = []
  let taken = 0
  const work = async (worker: number) => {
    while (taken < total && performance.now() < endsAt) {
      const dueAt = started + (taken++ * 1_000) / perSecond
      const early = dueAt - performance.now()
      if (early > 0) await sleepUntil(dueAt)
      await ask(worker)
      latencies.push(performance.now() - dueAt)
    }
  }
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
  return latencies
}

/** Timers of Node come in whole milliseconds, and never early. */
const sleepUntil = (at: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.floor(at - performance.now()))))

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const round = (value: number): number => Number(value.toPrecision(3))
