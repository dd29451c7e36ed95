import { hash } from 'node:crypto'

/**
 * What a group is known by while it is ranked, and what breaks ties: eight bytes of SHA-256. Of a hundred thousand groups two are the
 * same once in billions of ledgers. No value holds a control character, so no two groups are one text.
 */
export const hashGroup = (value: string, paired: string): bigint =>
  BigInt.asIntN(64, BigInt(`0x${hash('sha256', `${value}\u001f${paired}`).slice(0, 16)}`))
