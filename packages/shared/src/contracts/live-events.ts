import { defineEndpoint } from './endpoint'

/** What a dashboard shows and may have to read anew. */
export const liveKinds = [
  'agent',
  'budget',
  'grant',
  'lease',
  'member',
  'platform-key',
  'price',
  'project',
  'provider',
  'provider-key',
  'settings',
  'trust-rule',
] as const
export type LiveKind = (typeof liveKinds)[number]

/** The first event of every stream: where the month stands, of all that the credential may see. */
export interface LiveState {
  serverTime: string
  organizationId: string
  month: { from: string; requests: number; errors: number; unpriced: number; costNanos: string }
}

/** By how much the sums have moved: less than zero where a call counts no longer. */
export interface LiveUsage {
  requests: number
  errors: number
  unpriced: number
  costNanos: string
  tokens: { input: number; output: number }
  quality: { exact: number; estimated: number; assumed: number }
  /** When the latest of these calls ended. */
  latestAt: string
  at: string
}

/** Something of this kind is not what it was. Without an id it was more than one, or none that this credential is told of. */
export interface LiveChange {
  kind: LiveKind
  id?: string
}

/** The events of the stream, by name. */
export interface LiveEvents {
  state: LiveState
  usage: LiveUsage
  changed: LiveChange
}

const exampleState: LiveState = {
  serverTime: '2026-11-21T10:05:00.000Z',
  organizationId: 'org_01jd2f8m3n6q9rkvwxyz012345',
  month: { from: '2026-11-01T00:00:00.000Z', requests: 4_210, errors: 12, unpriced: 0, costNanos: '81234500' },
}
const exampleUsage: LiveUsage = {
  requests: 3,
  errors: 0,
  unpriced: 0,
  costNanos: '7450000',
  tokens: { input: 2_100, output: 380 },
  quality: { exact: 3, estimated: 0, assumed: 0 },
  latestAt: '2026-11-21T10:05:00.800Z',
  at: '2026-11-21T10:05:01.000Z',
}
const exampleChange: LiveChange = { kind: 'provider-key', id: 'pky_01jd2f8m3n6q9rkvwxyz012345' }
const exampleStream = Object.entries({ state: exampleState, usage: exampleUsage, changed: exampleChange })
  .map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  .join('')

export const streamLiveEvents = defineEndpoint({
  id: 'streamLiveEvents',
  tag: 'Usage',
  method: 'GET',
  path: '/api/v1/events/stream',
  summary: 'Watch usage and changes as they happen',
  description:
    'Server-sent events. Opens with `state`; then `usage`, by how much the sums have moved, and `changed`, what to read anew: each at most four times a second, with a comment every 15 seconds. They are nudges and may be lost: the figures to show are those of the usage summary. Who works in teams hears the usage of their teams, and changes without ids. The stream ends with its credential, and where some events may be missed: connect again.',
  authentication: 'credential',
  permission: 'usage.read',
  tenant: 'organization',
  audit: 'none',
  rateLimit: 'read',
  request: {},
  response: { status: 200, contentType: 'text/event-stream' },
  errors: ['too_many_streams', 'unavailable'],
  example: { response: `retry: 2000\n\n${exampleStream}` },
})
