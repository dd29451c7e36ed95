import { randomBytes } from 'node:crypto'
import type { IssuedLease } from '@keylease/shared/contracts/lease-bodies'
import type { Harness } from './harness'

export interface LeaseHolder {
  agentId: string
  projectId: string
  keyId: string
  /** The provider key itself, which no answer but a sealed one may hold. */
  secret: string
  grantId: string
  platformKeyId: string
  /** The platform key of the agent. */
  token: string
}

interface HolderOptions {
  token?: string
  key?: Record<string, unknown>
  grant?: Record<string, unknown>
  platformKey?: Record<string, unknown>
}

/** An agent with a platform key, a provider key, and the grant between them. */
export async function createHolder(harness: Pick<Harness, 'request' | 'token'>, options: HolderOptions = {}): Promise<LeaseHolder> {
  const make = <T = object>(path: string, body: object) => post<T & { id: string }>(harness, options.token ?? harness.token, path, body)
  const { id: projectId } = await make('/api/v1/projects', { name: 'checkout' })
  const { id: agentId } = await make('/api/v1/agents', { name: 'support-bot', projectId })
  const secret = `sk-proj-${randomBytes(36).toString('base64url')}`
  const { id: keyId } = await make('/api/admin/api-keys', { provider: 'openai', name: 'prod', key: secret, ...options.key })
  const { id: grantId } = await make('/api/v1/grants', { agentId, keyId, ...options.grant })
  const platformKey = { name: 'bot', scopes: ['lease'], agentId, ...options.platformKey }
  const { id: platformKeyId, key: token } = await make<{ key: string }>('/api/v1/platform/api-keys', platformKey)
  return { agentId, projectId, keyId, secret, grantId, platformKeyId, token }
}

/** One lease, as the agent gets it. */
export function takeLease(
  harness: Pick<Harness, 'request'>,
  { token }: Pick<LeaseHolder, 'token'>,
  body: Record<string, unknown> = {},
): Promise<IssuedLease> {
  return post<IssuedLease>(harness, token, '/v1/leases', { provider: 'openai', ...body })
}

async function post<T extends { id: string }>(harness: Pick<Harness, 'request'>, token: string, path: string, body: object): Promise<T> {
  const response = await harness.request('POST', path, { token, body })
  const made = (await response.json()) as T
  if (response.status !== 201) throw new Error(`POST ${path} answered ${response.status} ${JSON.stringify(made)}`)
  return made
}
