import type { Deps } from '../../packages/server/src/deps'
import { verifyLeaseToken } from '../../packages/server/src/platform/lease-check'
import { newId } from '../../packages/shared/src/ids'
import { round } from '../support/load'
import { compareCpu } from '../support/measure'

const tokens = 1_000
const revocations = 1_000

/** By one core: what the gateway does with the token of each request. */
export function measureTokenCheck(deps: Deps) {
  const now = deps.databaseTime.now().getTime()
  const signed = Array.from({ length: tokens }, () => deps.leaseTokens.sign(newClaims(now)).reveal())
  let turn = 0
  const check = () => {
    const found = verifyLeaseToken(deps, signed[turn++ % tokens] ?? '')
    if ('refused' in found) throw new Error(`A good token was refused: ${found.refused}`)
  }
  const { none = Number.NaN } = compareCpu({ none: check })
  for (let n = 0; n < revocations; n++) deps.revocations.add({ scopeId: newId('lease'), notBefore: now })
  const { some = Number.NaN } = compareCpu({ some: check })
  const toRow = (what: string, microseconds: number) => ({
    what,
    microseconds: round(microseconds),
    perSecondAndCore: Math.round(1_000_000 / microseconds),
  })
  return [toRow('a lease token, nothing revoked', none), toRow(`a lease token beside ${revocations} revocations`, some)]
}

const newClaims = (now: number) => ({
  leaseId: newId('lease'),
  organizationId: newId('organization'),
  projectId: newId('project'),
  agentId: newId('agent'),
  keyId: newId('providerKey'),
  keyVersionId: newId('keyVersion'),
  grantId: newId('grant'),
  holderId: newId('platformKey'),
  issuedAt: now,
  expiresAt: now + 900_000,
})
