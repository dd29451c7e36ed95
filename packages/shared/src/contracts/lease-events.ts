import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { inFlights } from './lease-bodies'
import { exampleLeaseId, exampleRevocationId, exampleTimes } from './lease-examples'
import { Id, Timestamp } from './values'

export const revocationScopes = [
  'organization',
  'project',
  'agent',
  'key',
  'key-version',
  'grant',
  'platform-key',
  'trust-rule',
  'lease',
] as const
export type RevocationScope = (typeof revocationScopes)[number]

/** Every lease of the scope that was issued at or before `notBefore` has ended. */
export const Revocation = z.object({
  revocationId: Id('revocation'),
  scope: z.enum(revocationScopes),
  scopeId: z.string(),
  notBefore: Timestamp,
  inFlight: z.enum(inFlights),
})
export type Revocation = z.infer<typeof Revocation>

/** The first event of every stream: all that a client needs to go on from, whatever it missed. */
export interface StreamState {
  serverTime: string
  /** Names this connection in acknowledgements. */
  clientId: string
  leases: { id: string; issuedAt: string; expiresAt: string; expiresInMs: number }[]
  revocations: Revocation[]
}

/** The events of the stream, by name. */
export interface StreamEvents {
  state: StreamState
  'lease.revoked': Revocation
  'key.rotated': { keyId: string }
  'policy.changed': Record<string, never>
  'budget.changed': Record<string, never>
}

const exampleRevocation: Revocation = {
  revocationId: exampleRevocationId,
  scope: 'agent',
  scopeId: 'agt_01jd2f8m3n6q9rkvwxyz012345',
  notBefore: '2026-11-21T10:05:01.000Z',
  inFlight: 'cut',
}
const exampleClient = 'evc_01jd2f8m3n6q9rkvwxyz012345'
const exampleState: StreamState = {
  serverTime: exampleTimes.serverTime,
  clientId: exampleClient,
  leases: [{ id: exampleLeaseId, issuedAt: exampleTimes.issuedAt, expiresAt: exampleTimes.expiresAt, expiresInMs: 900_000 }],
  revocations: [],
}
const exampleStream = `event: state\ndata: ${JSON.stringify(exampleState)}\n\nevent: lease.revoked\nid: 4711\ndata: ${JSON.stringify(exampleRevocation)}\n\n`

const shared = { tag: 'Leases', authentication: 'agent', tenant: 'organization', permission: 'leases.take', rateLimit: 'machine' } as const

export const streamEvents = defineEndpoint({
  ...shared,
  id: 'streamEvents',
  method: 'GET',
  path: '/v1/events',
  summary: 'Hear at once what ends or changes',
  description:
    'Server-sent events for the agent of the credential. Opens with `state`, whatever Last-Event-ID says; then lease.revoked, key.rotated, policy.changed and budget.changed, and a comment every 15 seconds.',
  audit: 'none',
  request: {},
  response: { status: 200, contentType: 'text/event-stream' },
  errors: ['agent_required', 'too_many_streams'],
  example: { response: exampleStream },
})

export const AcknowledgeEvents = z.strictObject({
  clientId: Id('eventClient').describe('The clientId of the `state` that this client got.'),
  revocationIds: z.array(Id('revocation')).min(1).max(100),
})
export type AcknowledgeEvents = z.infer<typeof AcknowledgeEvents>

export const AcknowledgedEvents = z.object({
  acknowledged: z.number().int().min(0).max(100).describe('How many of them waited for this client.'),
})
export type AcknowledgedEvents = z.infer<typeof AcknowledgedEvents>

export const acknowledgeEvents = defineEndpoint({
  ...shared,
  id: 'acknowledgeEvents',
  method: 'POST',
  path: '/v1/events/ack',
  summary: 'Say that revocations are obeyed',
  description: 'Sent once the leases that they name are out of use here. Whoever revoked sees how many clients have said so.',
  audit: 'none',
  unaudited: 'an acknowledgement is a row of the revocation',
  request: { body: AcknowledgeEvents },
  response: { status: 200, schema: AcknowledgedEvents },
  errors: ['agent_required'],
  example: { body: { clientId: exampleClient, revocationIds: [exampleRevocationId] }, response: { acknowledged: 1 } },
})
