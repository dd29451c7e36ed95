import { sketchBuckets, toSketchBucket } from '@keylease/shared/insights/latency-sketch'
import type { Contribution } from '../contribution'
import { countAt, countColumns, countedClasses, sketchColumns, wideAt, wideColumns } from './columns'

/** Sums in the order of their columns. A sketch that is absent is all zeros. */
export interface Sums {
  counts: number[]
  wide: bigint[]
  sketches: [number[] | null, number[] | null]
}

/** What one call adds: only what is not zero, by place. */
export interface CallSums {
  counts: readonly (readonly [at: number, amount: number])[]
  wide: readonly (readonly [at: number, amount: bigint])[]
  buckets: readonly [number | null, number | null]
  sign: 1 | -1
}

export const createSums = (): Sums => ({
  counts: Array<number>(countColumns.length).fill(0),
  wide: Array<bigint>(wideColumns.length).fill(0n),
  sketches: [null, null],
})

export function toCallSums(call: Contribution, sign: 1 | -1): CallSums {
  const { latencyMs, firstTokenMs, quality, vector } = call
  const cost = call.costNanos ?? 0n
  const counts: [number, number][] = [[countAt.calls, 1]]
  if (call.status !== 'ok') counts.push([call.status === 'error' ? countAt.errors : countAt.aborted, 1])
  if (call.costNanos === null) counts.push([countAt.unpriced, 1])
  if (quality !== 'exact') counts.push([countAt[quality], 1])
  if (latencyMs !== null) counts.push([countAt.latencyCalls, 1], [countAt.latencyMs, latencyMs])
  if (firstTokenMs !== null) counts.push([countAt.firstTokenCalls, 1], [countAt.firstTokenMs, firstTokenMs])
  for (const [i, name] of countedClasses.entries()) if (vector[name] !== 0) counts.push([countAt.vector + i, vector[name]])
  const wide: [number, bigint][] = [
    [wideAt.cost, cost],
    [wideAt.charged, call.chargedNanos ?? 0n],
    [wideAt.milliseconds, toMilliseconds(vector.seconds)],
  ]
  if (quality !== 'exact') wide.push([wideAt[quality], cost])
  return {
    counts: counts.map(([at, amount]) => [at, amount * sign]),
    wide: wide.filter(([, amount]) => amount !== 0n).map(([at, amount]) => [at, amount * BigInt(sign)]),
    buckets: [latencyMs === null ? null : toSketchBucket(latencyMs), firstTokenMs === null ? null : toSketchBucket(firstTokenMs)],
    sign,
  }
}

/** Rounded as `floor(seconds * 1000 + 0.5)` rounds it in the database. */
const toMilliseconds = (seconds: number) => BigInt(Math.floor(seconds * 1_000 + 0.5))

export function addCall(to: Sums, { counts, wide, buckets, sign }: CallSums): void {
  for (const [at, amount] of counts) to.counts[at] = (to.counts[at] ?? 0) + amount
  for (const [at, amount] of wide) to.wide[at] = (to.wide[at] ?? 0n) + amount
  for (let at = 0; at < buckets.length; at++) {
    const bucket = buckets[at] ?? null
    if (bucket === null) continue
    const sketch = to.sketches[at] ?? Array<number>(sketchBuckets).fill(0)
    sketch[bucket] = (sketch[bucket] ?? 0) + sign
    to.sketches[at] = sketch
  }
}

export function addSums(to: Sums, more: Sums): void {
  for (const [at, amount] of more.counts.entries()) to.counts[at] = (to.counts[at] ?? 0) + amount
  for (const [at, amount] of more.wide.entries()) to.wide[at] = (to.wide[at] ?? 0n) + amount
  for (const [at, sketch] of more.sketches.entries()) {
    if (sketch) to.sketches[at] = to.sketches[at]?.map((count, bucket) => count + (sketch[bucket] ?? 0)) ?? [...sketch]
  }
}

/** By column, as a statement reads them from JSON: what is zero is left out. */
export function toColumns({ counts, wide, sketches }: Sums): Record<string, number | string> {
  const columns: Record<string, number | string> = {}
  for (const [at, name] of countColumns.entries()) if (counts[at]) columns[name] = counts[at]
  for (const [at, name] of wideColumns.entries()) if (wide[at]) columns[name] = String(wide[at])
  for (const [at, name] of sketchColumns.entries()) if (sketches[at]?.some(Boolean)) columns[name] = `{${sketches[at].join()}}`
  return columns
}
