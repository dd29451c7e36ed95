import { sheetLimit } from '../sheets/sheet'

/**
 * Groups as they come, some of them again and again, and what each adds up to. Typed arrays, and nothing that has to be collected:
 * a question may find a hundred thousand of them.
 */
export interface Tally {
  /** By which a group is known. */
  hashes: BigInt64Array<ArrayBuffer>
  /** A group is added up in the place where it came first. */
  sums: readonly Float64Array<ArrayBuffer>[]
  /** What of the first sum a number does not hold exactly, in `sheetLimit`. */
  highs: Float64Array<ArrayBuffer>
  firsts: Uint32Array<ArrayBuffer>
  groups: number
  slots: Uint32Array<ArrayBuffer>
}

/** One place more than asked for is left to compare with. */
export function createTally(size: number, measures: number): Tally {
  return {
    hashes: new BigInt64Array(size + 1),
    sums: Array.from({ length: measures }, () => new Float64Array(size + 1)),
    highs: new Float64Array(size + 1),
    firsts: new Uint32Array(size),
    groups: 0,
    slots: new Uint32Array(2 ** Math.ceil(Math.log2(2 * size + 2))),
  }
}

/** Adds up what was put in these places. A slot holds a place and one, nothing is zero. */
export function addUp(tally: Tally, from: number, to: number): void {
  const { firsts, slots, highs } = tally
  const words = new Int32Array(tally.hashes.buffer)
  const [ranked, counted] = tally.sums
  if (!ranked) return
  const mask = slots.length - 1
  for (let place = from; place < to; place++) {
    const [low, high] = [words[2 * place] ?? 0, words[2 * place + 1] ?? 0]
    let slot = low & mask
    let held = slots[slot] ?? 0
    while (held !== 0 && (words[2 * held - 2] !== low || words[2 * held - 1] !== high)) {
      slot = (slot + 1) & mask
      held = slots[slot] ?? 0
    }
    if (held === 0) {
      slots[slot] = place + 1
      firsts[tally.groups++] = place
      continue
    }
    const first = held - 1
    const sum = (ranked[first] ?? 0) + (ranked[place] ?? 0)
    const isBeyond = sum >= sheetLimit
    ranked[first] = isBeyond ? sum - sheetLimit : sum
    if (isBeyond || highs[place] !== 0) highs[first] = (highs[first] ?? 0) + (highs[place] ?? 0) + (isBeyond ? 1 : 0)
    if (counted) counted[first] = (counted[first] ?? 0) + (counted[place] ?? 0)
  }
}

/** An amount as large as it may be, into one place of the first sum. */
export function putAmount({ sums, highs }: Tally, place: number, amount: string): void {
  const near = Number(amount)
  const isNear = near < sheetLimit
  const limit = BigInt(sheetLimit)
  const of = sums[0]
  if (of) of[place] = isNear ? near : Number(BigInt(amount) % limit)
  highs[place] = isNear ? 0 : Number(BigInt(amount) / limit)
}

export const readAmount = ({ sums, highs }: Tally, place: number): string =>
  highs[place] ? (BigInt(highs[place]) * BigInt(sheetLimit) + BigInt(sums[0]?.[place] ?? 0)).toString() : String(sums[0]?.[place] ?? 0)
