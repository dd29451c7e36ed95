import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { ChangedSlice, ChangeSlice, IssuedLease, IssueLease, ReleaseLease, RenewedLease, RenewLease } from './lease-bodies'
import { exampleIssued, exampleLeaseId, exampleTimes } from './lease-examples'
import { refusalCodes } from './policy'
import { Id } from './values'

const ended = ['lease_revoked', 'lease_expired', 'lease_released'] as const
const LeaseParams = z.strictObject({ leaseId: Id('lease') })

const shared = {
  tag: 'Leases',
  authentication: 'agent',
  tenant: 'organization',
  permission: 'leases.take',
  rateLimit: 'machine',
} as const

export const issueLease = defineEndpoint({
  ...shared,
  id: 'issueLease',
  method: 'POST',
  path: '/v1/leases',
  summary: 'Lease a provider key',
  description:
    'One lease with one holder, for the agent of the credential. With a publicKey the key itself comes sealed to it; without one the answer is a token for the gateway. A repeat under the same Idempotency-Key is the same lease, sealed again.',
  audit: 'lease.issued',
  request: { body: IssueLease },
  response: { status: 201, schema: IssuedLease },
  errors: [
    'agent_required',
    'public_key_required',
    'delivery_not_available',
    'lease_limit_reached',
    'not_found',
    ...refusalCodes,
    'idempotency_key_reused',
  ],
  example: { body: { provider: 'openai', models: ['gpt-5-mini'], ttlSeconds: 900 }, response: exampleIssued },
})

export const renewLease = defineEndpoint({
  ...shared,
  id: 'renewLease',
  method: 'POST',
  path: '/v1/leases/{leaseId}/renew',
  summary: 'Renew a lease',
  description: 'It lives on from now, up to 24 hours in all and never longer than what allows it. The policy is asked again.',
  audit: 'none',
  unaudited: 'a renewal is a row of the lease',
  request: { params: LeaseParams, body: RenewLease },
  response: { status: 200, schema: RenewedLease },
  errors: ['agent_required', 'not_found', ...ended, 'policy_changed', ...refusalCodes],
  example: {
    params: { leaseId: exampleLeaseId },
    body: { ttlSeconds: 900, openedThrough: 12, openIntents: [{ sequence: 12, estimateNanos: '1500000' }] },
    response: { id: exampleLeaseId, token: exampleIssued.token, ...exampleTimes },
  },
})

export const changeSlice = defineEndpoint({
  ...shared,
  id: 'changeSlice',
  method: 'POST',
  path: '/v1/leases/{leaseId}/slice',
  summary: 'Top up or return reserved money',
  description: 'Where no budget applies there is no slice, and nothing to reserve.',
  audit: 'none',
  unaudited: 'a top-up is a row of the ledger',
  request: { params: LeaseParams, body: ChangeSlice },
  response: { status: 200, schema: ChangedSlice },
  errors: ['agent_required', 'not_found', ...ended],
  example: {
    params: { leaseId: exampleLeaseId },
    body: { wantNanos: '50000000', lastSequence: 12 },
    response: { id: exampleLeaseId, slice: null, serverTime: exampleTimes.serverTime },
  },
})

export const releaseLease = defineEndpoint({
  ...shared,
  id: 'releaseLease',
  method: 'DELETE',
  path: '/v1/leases/{leaseId}',
  summary: 'Release a lease',
  description: 'It ends at once. What was taken under it may still be reported.',
  audit: 'lease.released',
  request: { params: LeaseParams, body: ReleaseLease },
  response: { status: 204 },
  errors: ['agent_required', 'not_found'],
  example: { params: { leaseId: exampleLeaseId }, body: { lastSequence: 12 } },
})
