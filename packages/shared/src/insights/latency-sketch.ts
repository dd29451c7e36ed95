/**
 * Where one bucket of a latency sketch ends and the next begins, in whole milliseconds up to an hour: about 28 % apart. What was
 * sorted by these stays sorted by them, so the list never changes.
 */
export const sketchThresholds = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 19, 24, 30, 39, 49, 63, 80, 102, 130, 166, 212, 271, 345, 440, 562, 716, 914, 1_166, 1_487, 1_897,
  2_420, 3_088, 3_939, 5_025, 6_410, 8_178, 10_432, 13_308, 16_977, 21_658, 27_629, 35_246, 44_963, 57_360, 73_173, 93_347, 119_082,
  151_913, 193_794, 247_222, 315_380, 402_329, 513_249, 654_749, 835_260, 1_065_537, 1_359_300, 1_734_052, 2_212_121, 2_821_991, 3_600_000,
] as const

export const sketchBuckets = sketchThresholds.length + 1

/** How many thresholds a time has reached: what `width_bucket` answers over the same list. */
export function toSketchBucket(ms: number): number {
  let [low, high]: [number, number] = [0, sketchThresholds.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ms >= (sketchThresholds[middle] ?? 0)) low = middle + 1
    else high = middle
  }
  return low
}

/** The time that a share `q` of the calls stayed within, to about a bucket; null where no call was timed. */
export function quantileOf(sketch: readonly number[], q: number): number | null {
  const calls = sketch.reduce((sum, count) => sum + count, 0)
  if (calls <= 0) return null
  const wanted = Math.max(1, Math.ceil(q * calls))
  let before = 0
  for (const [bucket, count] of sketch.entries()) {
    if (before + count >= wanted) return placeInBucket(bucket, (wanted - before) / count)
    before += count
  }
  return sketchThresholds.at(-1) ?? null
}

/** Buckets grow by a factor, so a place inside one is a power of it. */
function placeInBucket(bucket: number, share: number): number {
  const from = sketchThresholds[bucket - 1]
  const to = sketchThresholds[bucket]
  if (from === undefined) return 0
  return to === undefined ? from : Math.round(from * (to / from) ** share)
}
