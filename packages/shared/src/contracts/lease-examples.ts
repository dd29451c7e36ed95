import type { IssuedLease, Lease, LeaseScope, LeaseTask } from './lease-bodies'

export const exampleLeaseId = 'lse_01jd2f8m3n6q9rkvwxyz012345'
export const exampleRevocationId = 'rvk_01jd2f8m3n6q9rkvwxyz012345'

const scope: LeaseScope = {
  organizationId: 'org_01jd2f8m3n6q9rkvwxyz012345',
  projectId: 'prj_01jd2f8m3n6q9rkvwxyz012345',
  agentId: 'agt_01jd2f8m3n6q9rkvwxyz012345',
  environment: 'production',
  keyId: 'pky_01jd2f8m3n6q9rkvwxyz012345',
  keyVersionId: 'kver_01jd2f8m3n6q9rkvwxyz012345',
  grantId: 'grant_01jd2f8m3n6q9rkvwxyz012345',
  models: ['gpt-5-mini'],
  operations: [],
  requestsPerMinute: null,
  tokensPerMinute: null,
  defaultMaxOutputTokens: 1_024,
}

export const exampleTimes = {
  issuedAt: '2026-11-21T10:00:00.000Z',
  expiresAt: '2026-11-21T10:15:00.000Z',
  expiresInMs: 900_000,
  renewInMs: 300_000,
  serverTime: '2026-11-21T10:00:00.000Z',
}

export const exampleIssued: IssuedLease = {
  id: exampleLeaseId,
  provider: 'openai',
  delivery: 'gateway',
  credential: null,
  token: 'kll_1.01jd2f8m3n6q9rkvwxyz012345…',
  baseUrl: 'https://keys.example.com/gateway/openai',
  origins: [],
  ...exampleTimes,
  scope,
  slice: null,
  prices: [],
}

export const exampleLease: Lease = {
  id: exampleLeaseId,
  provider: 'openai',
  delivery: 'direct',
  status: 'revoked',
  scope,
  agentName: 'support-bot',
  holder: { kind: 'platform-key', id: 'plk_01jd2f8m3n6q9rkvwxyz012345' },
  issuedAt: exampleTimes.issuedAt,
  expiresAt: exampleTimes.expiresAt,
  lastSeenAt: '2026-11-21T10:05:00.000Z',
  lastUsedAt: '2026-11-21T10:04:58.120Z',
  endedAt: '2026-11-21T10:05:01.000Z',
  lastSequence: null,
  openedThrough: 12,
  openCalls: 1,
  revocation: {
    revocationId: exampleRevocationId,
    revokedAt: '2026-11-21T10:05:01.000Z',
    inFlight: 'cut',
    lastUsedAt: '2026-11-21T10:04:58.120Z',
    acknowledged: 1,
    clients: 1,
  },
}

export const exampleTask: LeaseTask = {
  id: 'task_01jd2f8m3n6q9rkvwxyz012345',
  keyId: scope.keyId,
  keyVersionId: scope.keyVersionId,
  revocationId: exampleRevocationId,
  openedAt: '2026-11-21T10:05:01.000Z',
  closedAt: null,
}
