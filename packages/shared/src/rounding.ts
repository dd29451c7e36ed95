/** The nearest whole quotient; a tie goes to the even one, so that many roundings do not drift. */
export function divideHalfEven(n: bigint, d: bigint): bigint {
  const quotient = n / d
  const twice = 2n * abs(n % d)
  const isUp = twice > abs(d) || (twice === abs(d) && quotient % 2n !== 0n)
  if (!isUp) return quotient
  return n < 0n === d < 0n ? quotient + 1n : quotient - 1n
}

function abs(n: bigint): bigint {
  return n < 0n ? -n : n
}
