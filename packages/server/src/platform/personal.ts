import { randomBytes } from 'node:crypto'
import { keyedHash } from './keyed-hash'

/** What of a request is about a person: kept beside its entry under a salt, while the entry holds commitments alone. */
export interface PersonalFacts {
  address: string
  userAgent: string
}

export interface Commitments {
  salt: Buffer
  address: Buffer
  userAgent: Buffer
}

/** Erasing the salt leaves the entry provable and the person unnamed. */
export function commitPersonal(facts: PersonalFacts): Commitments {
  const salt = randomBytes(16)
  return { salt, address: commitValue(salt, facts.address), userAgent: commitValue(salt, facts.userAgent) }
}

export const commitValue = (salt: Buffer, value: string): Buffer => keyedHash(salt, Buffer.from(value))
