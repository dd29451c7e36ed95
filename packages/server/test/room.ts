import { factories } from './factories'
import type { Harness } from './harness'

/** One call: its status, and its body as far as there is one. */
export async function call<T = Record<string, unknown>>(
  harness: Pick<Harness, 'request'>,
  token: string | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: T & { error?: { code: string; message: string } } }> {
  const response = await harness.request(method, path, {
    ...(token === undefined ? {} : { token }),
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
}

/** A team with a project, an agent in it, and a Manager who works in that team alone. */
export async function openRoom(harness: Harness) {
  const make = async (path: string, body: object) => (await call<{ id: string }>(harness, harness.token, 'POST', path, body)).body.id
  const teamId = (await factories.team?.(harness, harness.token)) ?? ''
  const projectId = await make('/api/v1/projects', { name: 'checkout', teamId, environment: 'production' })
  const agentId = await make('/api/v1/agents', { name: 'support-bot', projectId })
  const { organizationId } = harness
  const manager = harness.createCredential({ organizationId, role: 'manager', reach: [teamId] })
  const user = harness.createCredential({ organizationId, role: 'user', reach: [teamId] })
  return { teamId, projectId, agentId, manager, user }
}
