import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { Lease, LeasePage, LeaseTaskPage, ListLeases, ListLeaseTasks, RevokedLeases, RevokeLease, RevokeLeases } from './lease-bodies'
import { exampleLease, exampleRevocationId, exampleTask } from './lease-examples'
import { Id } from './values'

const LeaseParams = z.strictObject({ leaseId: Id('lease') })
const shared = { tag: 'Leases', authentication: 'credential', tenant: 'organization' } as const

export const listLeases = defineEndpoint({
  ...shared,
  id: 'listLeases',
  method: 'GET',
  path: '/api/v1/leases',
  summary: 'List leases',
  description: 'Who holds what, until when, when it was last seen; of a revoked one, when it was last used. Newest first.',
  permission: 'leases.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListLeases },
  response: { status: 200, schema: LeasePage },
  errors: ['invalid_cursor'],
  example: { query: { status: 'revoked', limit: '20' }, response: { items: [exampleLease], nextCursor: null, total: 1 } },
})

export const getLease = defineEndpoint({
  ...shared,
  id: 'getLease',
  method: 'GET',
  path: '/api/v1/leases/{leaseId}',
  summary: 'Get a lease',
  permission: 'leases.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: LeaseParams },
  response: { status: 200, schema: Lease },
  errors: ['not_found'],
  example: { params: { leaseId: exampleLease.id }, response: exampleLease },
})

export const listLeaseTasks = defineEndpoint({
  ...shared,
  id: 'listLeaseTasks',
  method: 'GET',
  path: '/api/v1/lease-tasks',
  summary: 'List open tasks after revocations',
  description: 'Keys that were delivered in clear, whose leases were revoked, and that no probe has proved dead yet: rotate them.',
  permission: 'leases.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListLeaseTasks },
  response: { status: 200, schema: LeaseTaskPage },
  errors: ['invalid_cursor'],
  example: { query: { state: 'open', limit: '20' }, response: { items: [exampleTask], nextCursor: null, total: 1 } },
})

const exampleRevoked: RevokedLeases = {
  revocationId: exampleRevocationId,
  revoked: 3,
  inFlight: 'cut',
  upstream: [{ keyId: exampleTask.keyId, upstream: 'still_valid' }],
  acknowledgedBy: { acknowledged: 0, clients: 2 },
  tasks: [exampleTask],
}

export const revokeLeases = defineEndpoint({
  ...shared,
  id: 'revokeLeases',
  method: 'POST',
  path: '/api/v1/leases/revoke',
  summary: 'Revoke the leases of an agent, a key, a project, or all',
  description:
    'Obeyed here at once, and within a second by every replica and every connected SDK. A key that was delivered in clear stays valid at its provider until it is rotated: an open task says so.',
  permission: 'leases.revoke',
  audit: 'lease.revoked',
  rateLimit: 'write',
  request: { body: RevokeLeases },
  response: { status: 200, schema: RevokedLeases },
  errors: ['not_found'],
  example: { body: { agentId: exampleLease.scope.agentId, inFlight: 'cut' }, response: exampleRevoked },
})

export const revokeLease = defineEndpoint({
  ...shared,
  id: 'revokeLease',
  method: 'DELETE',
  path: '/api/v1/leases/{leaseId}',
  summary: 'Revoke one lease',
  description: 'As for many. A lease that has ended stays as it ended.',
  permission: 'leases.revoke',
  audit: 'lease.revoked',
  rateLimit: 'write',
  request: { params: LeaseParams, body: RevokeLease },
  response: { status: 200, schema: RevokedLeases },
  errors: ['not_found'],
  example: { params: { leaseId: exampleLease.id }, body: { inFlight: 'cut' }, response: { ...exampleRevoked, revoked: 1 } },
})
