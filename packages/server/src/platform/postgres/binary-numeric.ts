/** A whole number as counts of the powers of 10^12, the lowest first. A count may be negative, or more than its power has room for. */
export type PowerCounts = readonly number[]

/** Decimal places of one power. */
export const powerPlaces = 12
const power = 10 ** powerPlaces
const digit = 1e4
const digitsPerPower = 3
const headerBytes = 8
const negativeSign = 0x40_00

export const toPowerCounts = (amount: number | bigint): PowerCounts => (typeof amount === 'number' ? [amount] : splitBigint(amount))

function splitBigint(amount: bigint): number[] {
  const counts: number[] = []
  for (let rest = amount; rest !== 0n; rest /= BigInt(power)) counts.push(Number(rest % BigInt(power)))
  return counts
}

/** How many bytes it takes at most: what is carried over the highest count is less than two powers. */
export const mostNumericBytes = (counts: PowerCounts): number => headerBytes + (counts.length + 2) * digitsPerPower * 2

/** As Postgres reads a numeric: how many digits of four places, the place of the first, sign, scale, and the digits. */
export function writeNumeric(bytes: Buffer, at: number, counts: PowerCounts): number {
  const positive = counts.every(isWithinPower) ? counts : settle(counts, 1)
  const settled = positive ?? settle(counts, -1) ?? []
  const [lowest, highest] = [settled.findIndex(isSome), settled.findLastIndex(isSome)]
  const digits = lowest === -1 ? 0 : (highest - lowest + 1) * digitsPerPower
  let end = bytes.writeInt16BE(digits, at)
  end = bytes.writeInt16BE((highest + 1) * digitsPerPower - 1, end)
  end = bytes.writeUInt16BE(positive === null ? negativeSign : 0, end)
  end = bytes.writeInt16BE(0, end)
  for (let i = highest; i >= lowest && i >= 0; i--) end = writeCount(bytes, end, settled[i] ?? 0)
  return end
}

const isSome = (count: number) => count !== 0
const isWithinPower = (count: number) => count >= 0 && count < power

/** Each count within its power; null where the whole is negative. What is carried is added to the rest alone: a sum with the count could leave the safe integers. */
function settle(counts: PowerCounts, sign: 1 | -1): number[] | null {
  const settled: number[] = []
  let carry = 0
  for (let i = 0; i < counts.length || carry > 0; i++) {
    const count = (counts[i] ?? 0) * sign
    const rest = (count % power) + carry
    const borrowed = Math.floor(rest / power)
    settled.push(rest - borrowed * power)
    carry = Math.trunc(count / power) + borrowed
  }
  return carry < 0 ? null : settled
}

function writeCount(bytes: Buffer, at: number, count: number): number {
  const low = count % (digit * digit)
  const first = writeDigit(bytes, at, (count - low) / (digit * digit))
  const second = writeDigit(bytes, first, Math.floor(low / digit))
  return writeDigit(bytes, second, low % digit)
}

function writeDigit(bytes: Buffer, at: number, value: number): number {
  bytes[at] = value >> 8
  bytes[at + 1] = value & 0xff
  return at + 2
}
