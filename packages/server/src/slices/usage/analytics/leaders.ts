import type { Ranking } from './ranked-group'
import { putAmount, type Tally } from './tally'

/** The places of the groups that come next in an order, but for the rest: the best so far are held, all others are only looked at. */
export function pickLeaders(tally: Tally, { isAscending, limit, after }: Ranking, restHash: bigint): number[] {
  const isBefore = createOrder(tally, isAscending)
  const cursor = tally.firsts.length
  if (after) {
    putAmount(tally, cursor, after.rank)
    tally.hashes[cursor] = BigInt.asIntN(64, BigInt(after.tie))
  }
  const isRest = createTest(tally, restHash)
  const leaders: number[] = []
  for (let at = 0; at < tally.groups; at++) {
    const place = tally.firsts[at] ?? 0
    const last = leaders.length < limit ? undefined : leaders.at(-1)
    if (last !== undefined && !isBefore(place, last)) continue
    if (isRest(place) || (after && !isBefore(cursor, place))) continue
    if (last !== undefined) leaders.pop()
    leaders.splice(findPlace(leaders, place, isBefore), 0, place)
  }
  return leaders
}

/** Where the rest is, if there is any. */
export function findRest(tally: Tally, restHash: bigint): number | null {
  const isRest = createTest(tally, restHash)
  for (let at = 0; at < tally.groups; at++) {
    const place = tally.firsts[at] ?? 0
    if (isRest(place)) return place
  }
  return null
}

type Order = (one: number, other: number) => boolean

/** By sum, then by hash: as 64-bit numbers, whose upper halves have a sign. */
function createOrder({ sums, highs, hashes }: Tally, isAscending: boolean): Order {
  const words = new Int32Array(hashes.buffer)
  const ranks = sums[0] ?? new Float64Array()
  return (one, other) => {
    const high = (highs[one] ?? 0) - (highs[other] ?? 0)
    const rank = high === 0 ? (ranks[one] ?? 0) - (ranks[other] ?? 0) : high
    if (rank !== 0) return isAscending ? rank < 0 : rank > 0
    const upper = (words[2 * one + 1] ?? 0) - (words[2 * other + 1] ?? 0)
    return upper === 0 ? (words[2 * one] ?? 0) >>> 0 < (words[2 * other] ?? 0) >>> 0 : upper < 0
  }
}

function createTest({ hashes }: Tally, hash: bigint): (place: number) => boolean {
  const words = new Int32Array(hashes.buffer)
  const [low, high] = [Number(BigInt.asIntN(32, hash)), Number(BigInt.asIntN(32, hash >> 32n))]
  return (place) => words[2 * place] === low && words[2 * place + 1] === high
}

function findPlace(sorted: readonly number[], place: number, isBefore: Order): number {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if (isBefore(place, sorted[middle] ?? 0)) to = middle
    else from = middle + 1
  }
  return from
}
