import type { KeyRotation, KeyVersion, Probe, ProviderKey, ProviderKeyDetail, Verification } from './provider-key-bodies'

const createdAt = '2026-11-21T10:00:00.000Z'

/** Not a key: the tests put a fresh one in its place. */
export const exampleSecret = 'sk-proj-Q2h0aGlzLWlzLW5vdC1hLWtleS1idXQtYW4tZXhhbXBsZS1v'

export const exampleKey: ProviderKey = {
  id: 'pky_01jd2f8m3n6q9rkvwxyz012345',
  name: 'prod',
  provider: 'openai',
  category: 'llm',
  preview: 'sk-proj-…ZS1v',
  status: 'active',
  health: 'unknown',
  checkedAt: null,
  tags: ['checkout'],
  environment: 'production',
  delivery: null,
  ownerMemberId: null,
  ownerTeamId: null,
  purpose: null,
  upstreamOrganization: null,
  region: null,
  deployment: null,
  apiVersion: null,
  maxLeaseSeconds: null,
  baseUrl: null,
  origins: ['https://api.openai.com'],
  expiresAt: null,
  rotatedAt: null,
  lastUsedAt: null,
  lastUsedAgentId: null,
  createdAt,
  updatedAt: createdAt,
  revokedAt: null,
  deletedAt: null,
}

export const exampleVersion: KeyVersion = {
  id: 'kver_01jd2f8m3n6q9rkvwxyz012345',
  number: 1,
  state: 'current',
  preview: exampleKey.preview,
  createdAt,
  activatedAt: createdAt,
  drainUntil: null,
  retiredAt: null,
}

export const exampleDetail: ProviderKeyDetail = { ...exampleKey, versions: [exampleVersion] }

const accepted: Verification = {
  valid: true,
  verdict: 'valid',
  reason: 'accepted',
  details: { organization: 'acme', limits: {} },
  help: null,
}

export const exampleRotation: KeyRotation = {
  id: exampleKey.id,
  oldKey: { ...exampleVersion, state: 'draining', preview: 'sk-proj-…k3Tq', drainUntil: '2026-11-21T10:15:00.000Z' },
  newKey: { ...exampleVersion, id: 'kver_01jd2f8m3n6q9rkvwxyz012346', number: 2 },
  expiresAt: '2026-11-21T10:15:00.000Z',
  verification: accepted,
  warnings: [],
}

export const exampleProbe: Probe = {
  ...accepted,
  id: 'probe_01jd2f8m3n6q9rkvwxyz012345',
  keyId: exampleKey.id,
  versionId: exampleVersion.id,
  latencyMs: 184,
  createdAt,
}
