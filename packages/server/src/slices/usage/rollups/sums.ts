import { sketchBuckets, toSketchBucket } from '@keylease/shared/insights/latency-sketch'
import type { UsageVector } from '@keylease/shared/pricing/vector'
import type { Contribution } from '../contribution'
import { countedClasses, sumAt, sumColumns, wideAt, wideColumns } from './columns'

/** Sums in the order of their columns. */
export interface Sums {
  amounts: number[]
  /** What of the wide columns a number does not hold exactly: it is added to what stands in `amounts`. */
  beyond: bigint[] | null
  /** One that is absent is all zeros. */
  sketches: [Sketch | null, Sketch | null]
}
type Sketch = number[]

// Copied: an array that was made with numbers of one kind never has to become one of another.
const noAmounts = Array.from(sumColumns, () => 0.5).fill(0)
const noCalls = Array<number>(sketchBuckets).fill(0)

export const createSums = (): Sums => ({ amounts: noAmounts.slice(), beyond: null, sketches: [null, null] })

/** Everything here is done once a call: nothing is made that has to be collected. */
export function addCall(to: Sums, call: Contribution, sign: 1 | -1): void {
  const { amounts } = to
  const { status, quality, costNanos, chargedNanos, vector } = call
  add(amounts, sumAt.calls, sign)
  if (status !== 'ok') add(amounts, status === 'error' ? sumAt.errors : sumAt.aborted, sign)
  if (quality !== 'exact') add(amounts, sumAt[quality], sign)
  if (costNanos === null) add(amounts, sumAt.unpriced, sign)
  else {
    addWide(to, wideAt.cost, costNanos, sign)
    if (quality !== 'exact') addWide(to, wideAt[quality], costNanos, sign)
  }
  if (chargedNanos !== null) addWide(to, wideAt.charged, chargedNanos, sign)
  addVector(to, vector, sign)
  addTimes(to, call, sign)
}

function addVector(to: Sums, vector: UsageVector, sign: 1 | -1): void {
  for (let i = 0; i < countedClasses.length; i++) {
    const name = countedClasses[i]
    if (name !== undefined && vector[name] !== 0) add(to.amounts, sumAt.vector + i, vector[name] * sign)
  }
  // Rounded as `floor(seconds * 1000 + 0.5)` rounds it in the database.
  if (vector.seconds !== 0) addWide(to, wideAt.milliseconds, BigInt(Math.floor(vector.seconds * 1_000 + 0.5)), sign)
}

function addTimes(to: Sums, { latencyMs, firstTokenMs }: Contribution, sign: 1 | -1): void {
  if (latencyMs !== null) {
    add(to.amounts, sumAt.latencyCalls, sign)
    add(to.amounts, sumAt.latencyMs, latencyMs * sign)
    to.sketches[0] ??= noCalls.slice()
    add(to.sketches[0], toSketchBucket(latencyMs), sign)
  }
  if (firstTokenMs !== null) {
    add(to.amounts, sumAt.firstTokenCalls, sign)
    add(to.amounts, sumAt.firstTokenMs, firstTokenMs * sign)
    to.sketches[1] ??= noCalls.slice()
    add(to.sketches[1], toSketchBucket(firstTokenMs), sign)
  }
}

function add(to: number[], at: number, amount: number): void {
  to[at] = (to[at] ?? 0) + amount
}

/** Below it numbers add up exactly. */
const exact = 2 ** 52

function addWide(to: Sums, at: number, amount: bigint, sign: 1 | -1): void {
  const near = Number(amount) * sign
  const sum = (to.amounts[sumAt.wide + at] ?? 0) + near
  if (Math.abs(near) < exact && Math.abs(sum) < exact) to.amounts[sumAt.wide + at] = sum
  else addBeyond(to, at, amount * BigInt(sign))
}

function addBeyond(to: Sums, at: number, amount: bigint): void {
  if (amount === 0n) return
  to.beyond ??= wideColumns.map(() => 0n)
  to.beyond[at] = (to.beyond[at] ?? 0n) + amount
}

export function addSums(to: Sums, more: Sums): void {
  for (let at = 0; at < sumAt.wide; at++) add(to.amounts, at, more.amounts[at] ?? 0)
  for (let at = 0; at < wideColumns.length; at++) {
    const near = more.amounts[sumAt.wide + at] ?? 0
    const sum = (to.amounts[sumAt.wide + at] ?? 0) + near
    if (Math.abs(sum) < exact) to.amounts[sumAt.wide + at] = sum
    else addBeyond(to, at, BigInt(near))
    addBeyond(to, at, more.beyond?.[at] ?? 0n)
  }
  to.sketches[0] = addSketch(to.sketches[0], more.sketches[0])
  to.sketches[1] = addSketch(to.sketches[1], more.sketches[1])
}

function addSketch(to: Sketch | null, more: Sketch | null): Sketch | null {
  if (more === null) return to
  if (to === null) return more.slice()
  for (let bucket = 0; bucket < sketchBuckets; bucket++) add(to, bucket, more[bucket] ?? 0)
  return to
}

/** A wide sum, whole. */
export function readWide({ amounts, beyond }: Sums, at: number): number | bigint {
  const near = amounts[sumAt.wide + at] ?? 0
  return beyond?.[at] ? beyond[at] + BigInt(near) : near
}

export const isNothing = ({ amounts, beyond, sketches }: Sums): boolean =>
  isZero(amounts) && (beyond === null || beyond.every((amount) => amount === 0n)) && sketches.every((sketch) => !sketch || isZero(sketch))

const isZero = (amounts: readonly number[]) => amounts.every((amount) => amount === 0)
