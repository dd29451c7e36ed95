const CALIBRATION_MS = 20

/** CPU microseconds per operation of each candidate: rounds interleaved, the median of the medians of their samples. */
export function compareCpu(
  candidates: Readonly<Record<string, () => void>>,
  { rounds = 15, samples = 11, sampleMs = 4 } = {},
): Record<string, number> {
  const entries = Object.entries(candidates).map(([name, run]) => ({
    name,
    run,
    repeats: calibrate(run, sampleMs),
    medians: [] as number[],
  }))
  for (let round = 0; round < rounds; round++) {
    for (const { run, repeats, medians } of entries) medians.push(median(Array.from({ length: samples }, () => sample(run, repeats))))
  }
  return Object.fromEntries(entries.map(({ name, medians }) => [name, median(medians)]))
}

/** Bytes that one run leaves on the heap and beside it while nothing is collected; the least of a few, for others write there too. */
export function measureAllocation(run: () => void): number {
  run()
  const figures = Array.from({ length: 5 }, () => {
    collectGarbage()
    const before = usedBytes()
    run()
    return usedBytes() - before
  })
  return Math.max(0, Math.min(...figures))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function calibrate(run: () => void, sampleMs: number): number {
  for (let warm = 0; warm < 200; warm++) run()
  const started = performance.now()
  let runs = 0
  while (performance.now() - started < CALIBRATION_MS) {
    run()
    runs++
  }
  return Math.max(1, Math.round((runs / CALIBRATION_MS) * sampleMs))
}

function sample(run: () => void, repeats: number): number {
  const before = process.cpuUsage()
  for (let repeat = 0; repeat < repeats; repeat++) run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / repeats
}

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('Run it with --expose-gc, as npm run bench does.')
  globalThis.gc()
}

function usedBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
