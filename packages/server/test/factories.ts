import { randomBytes } from 'node:crypto'
import { type IdKind, newId } from '@keylease/shared/ids'
import { workOnRePricings } from '../src/slices/usage/re-pricing/work'
import { recordUsage } from '../src/slices/usage/service'
import { addPasskey } from './factors'
import type { Harness } from './harness'
import { createHolder, takeLease } from './lease-holder'
import { toReport } from './usage'

export type ExampleKind = IdKind | 'provider' | 'secret'
type Make = (harness: Harness, token: string) => Promise<string>

/** How a test comes by a real one of each kind that a path may name. A route with a new kind of id needs a line here. */
export const factories: Partial<Record<ExampleKind, Make>> = {
  project: (harness, token) => create(harness, token, '/api/v1/projects', { name: 'checkout' }),
  organization: async (harness) => harness.organizationId,
  team: (harness, token) => create(harness, token, '/api/v1/teams', { name: 'Payments' }),
  member: async (harness, token) =>
    (await harness.createPerson({ organizationId: await organizationOf(harness, token), role: 'user' })).memberId,
  session: async (harness, token) =>
    (await harness.createPerson({ organizationId: await organizationOf(harness, token), role: 'user' })).sessionId,
  passkey: async (harness) => (await addPasskey(harness, await harness.createPerson())).id,
  invitation: (harness, token) => create(harness, token, '/api/v1/invitations', { email: `${randomBytes(6).toString('hex')}@example.com` }),
  agent: async (harness, token) => {
    const projectId = await create(harness, token, '/api/v1/projects', { name: 'checkout' })
    return create(harness, token, '/api/v1/agents', { name: 'support-bot', projectId })
  },
  grant: async (harness, token) => {
    const agentId = await factories.agent?.(harness, token)
    return create(harness, token, '/api/v1/grants', { agentId, provider: 'openai' })
  },
  provider: (harness, token) =>
    create(harness, token, '/api/v1/providers', {
      name: `Acme ${randomBytes(6).toString('hex')}`,
      baseUrl: 'https://api.example.com',
    }),
  secret: async () => newSecret(),
  /** Of an API that has a test call and nothing that proves a key: nobody has to answer for the other examples to work. */
  providerKey: async (harness, token) => {
    const named = { name: `Acme ${randomBytes(6).toString('hex')}`, baseUrl: 'https://api.example.com' }
    const provider = await create(harness, token, '/api/v1/providers', { ...named, wire: 'openai-chat', testModel: 'llama-4' })
    return create(harness, token, '/api/admin/api-keys', { provider, name: 'prod', key: newSecret() })
  },
  auditEntry: findAuditEntry,
  trustRule: async (harness, token) => {
    const agentId = await factories.agent?.(harness, token)
    const subject = { issuer: 'https://token.actions.githubusercontent.com', subjectPattern: 'repo:acme/checkout:ref:refs/heads/main' }
    return create(harness, token, '/api/v1/trust-rules', { agentId, name: 'Deploy workflow', ...subject })
  },
  attributionRule: async (harness, token) => {
    const assign = { projectId: await factories.project?.(harness, token) }
    return create(harness, token, '/api/v1/attribution-rules', {
      name: 'Checkout',
      attribute: 'service.name',
      pattern: 'checkout-*',
      assign,
    })
  },
  usageEvent: async (harness, token) => (await recordUsage(harness.deps, await organizationOf(harness, token), [toReport()]))[0]?.id ?? '',
  rePricing: async (harness, token) => {
    const period = { from: '2026-11-01T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' }
    const id = await create(harness, token, '/api/v1/usage/re-pricings', period)
    await workOnRePricings(harness.deps)
    return id
  },
  webhook: (harness, token) => create(harness, token, '/api/v1/webhooks', { url: 'https://hooks.example.com/keylease', kinds: ['key.*'] }),
  delivery: async (harness, token) =>
    create(harness, token, `/api/v1/webhooks/${await factories.webhook?.(harness, token)}/test`, undefined),
  price: (harness, token) => create(harness, token, '/api/v1/prices', { provider: 'openai', discountBasisPoints: 1_000 }),
  lease: async (harness, token) => (await takeLease(harness, await createHolder(harness, { token }))).id,
  eventClient: async () => newId('eventClient'),
  revocation: async () => newId('revocation'),
  platformKey: (harness, token) => create(harness, token, '/api/v1/platform/api-keys', { name: 'collector', scopes: ['ingest'] }),
}

async function organizationOf(harness: Harness, token: string): Promise<string> {
  const response = await harness.request('GET', '/api/v1/settings', { token })
  return ((await response.json()) as { organizationId: string }).organizationId
}

/** What a provider might have issued; never the same twice. */
export const newSecret = () => `sk-proj-${randomBytes(36).toString('base64url')}`

async function findAuditEntry(harness: Harness, token: string): Promise<string> {
  const resourceId = await create(harness, token, '/api/v1/projects', { name: 'checkout' })
  const response = await harness.request('GET', `/api/v1/audit?kind=audit&resourceId=${resourceId}`, { token })
  const page = (await response.json()) as { items: { id: string }[] }
  return page.items[0]?.id ?? ''
}

async function create(harness: Harness, token: string, path: string, body: unknown): Promise<string> {
  const response = await harness.request('POST', path, { token, body })
  const answer = (await response.json()) as { id?: string }
  if (!answer.id) throw new Error(`POST ${path} answered ${response.status} ${JSON.stringify(answer)}`)
  return answer.id
}
