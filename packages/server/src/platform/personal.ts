import { fillFromPage } from '@keylease/shared/random-page'
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

const saltBytes = 16

/** Erasing the salt leaves the entry provable and the person unnamed. */
export function commitPersonal(facts: PersonalFacts): Commitments {
  const salt = Buffer.alloc(saltBytes)
  fillFromPage(salt)
  return { salt, address: commitValue(salt, facts.address), userAgent: commitValue(salt, facts.userAgent) }
}

export const commitValue = (salt: Buffer, value: string): Buffer => keyedHash(salt, Buffer.from(value))
