import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { newId } from '@keylease/shared/ids'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Keyring } from './keyring'
import { verifyLeaseToken } from './lease-check'
import { createLeaseTokens, type LeaseClaims } from './lease-tokens'

/** Keys in memory; the newest signs. */
function createKeys(keys = [randomBytes(32)]): Keyring & { rotate(): void } {
  const hash = (key: Buffer, text: string | Buffer) => createHmac('sha256', key).update(text).digest()
  const newest = () => ({ version: keys.length, key: keys.at(-1) ?? Buffer.alloc(32) })
  return {
    sealedReason: () => null,
    current: newest,
    versions: () => keys.map((key, index) => ({ version: index + 1, key })),
    hashes: (_, text) => keys.map((key) => hash(key, text)),
    hash: (_, text) => ({ version: newest().version, hash: hash(newest().key, text) }),
    verify(_, version, text, expected) {
      const key = keys[version - 1]
      return key !== undefined && expected.length === 32 && timingSafeEqual(hash(key, text), expected)
    },
    rotate: () => void keys.push(randomBytes(32)),
  }
}

const createClaims = (more: Partial<LeaseClaims> = {}): LeaseClaims => ({
  leaseId: newId('lease'),
  organizationId: newId('organization'),
  projectId: newId('project'),
  agentId: newId('agent'),
  keyId: newId('providerKey'),
  keyVersionId: newId('keyVersion'),
  grantId: newId('grant'),
  holderId: newId('platformKey'),
  issuedAt: 1_795_000_000_000,
  expiresAt: 1_795_000_900_000,
  ...more,
})

const roomAt = (at: number, isRevoked = false) => ({
  databaseTime: { now: () => new Date(at) },
  revocations: { isRevoked: () => isRevoked, add: () => undefined, load: async () => undefined },
})

test('a token says what it was signed for, whoever holds the lease', () => {
  const tokens = createLeaseTokens(createKeys())
  for (const holderId of [newId('platformKey'), newId('trustRule')]) {
    const claims = createClaims({ holderId })
    const token = tokens.sign(claims).reveal()
    expect(tokens.read(token)).toEqual(claims)
    expect(token.length).toBeLessThan(300)
  }
})

test('a token of an earlier key still verifies after the key was rotated, and one of another service never', () => {
  const keys = createKeys()
  const tokens = createLeaseTokens(keys)
  const token = tokens.sign(createClaims()).reveal()
  keys.rotate()
  expect(tokens.read(token)).not.toBeNull()
  expect(tokens.read(tokens.sign(createClaims()).reveal())).not.toBeNull()
  expect(createLeaseTokens(createKeys()).read(token)).toBeNull()
})

test('whatever is changed in a token, it is none', () => {
  const tokens = createLeaseTokens(createKeys())
  const token = tokens.sign(createClaims()).reveal()
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.string({ maxLength: 3 }), fc.nat(2), (at, put, cut) => {
      const changed = token.slice(0, at) + put + token.slice(at + cut)
      fc.pre(changed !== token)
      expect(tokens.read(changed)).toBeNull()
    }),
    { numRuns: 2_000 },
  )
  fc.assert(fc.property(fc.string(), (text) => tokens.read(text) === null))
})

test('a token lives until its end, and not once it is revoked', () => {
  const leaseTokens = createLeaseTokens(createKeys())
  const claims = createClaims()
  const token = leaseTokens.sign(claims).reveal()
  expect(verifyLeaseToken({ leaseTokens, ...roomAt(claims.expiresAt - 1) }, token)).toEqual(claims)
  expect(verifyLeaseToken({ leaseTokens, ...roomAt(claims.expiresAt) }, token)).toMatchObject({ refused: 'expired' })
  expect(verifyLeaseToken({ leaseTokens, ...roomAt(claims.issuedAt, true) }, token)).toMatchObject({ refused: 'revoked' })
  expect(verifyLeaseToken({ leaseTokens, ...roomAt(0) }, 'kll_1.nonsense')).toEqual({ refused: 'unknown', claims: null })
})
