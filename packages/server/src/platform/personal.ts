import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'

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
  const key = createSecretKey(salt)
  return { salt, address: commitUnder(key, facts.address), userAgent: commitUnder(key, facts.userAgent) }
}

export const commitValue = (salt: Buffer, value: string): Buffer => commitUnder(createSecretKey(salt), value)

const commitUnder = (key: KeyObject, value: string): Buffer => createHmac('sha256', key).update(value).digest()
