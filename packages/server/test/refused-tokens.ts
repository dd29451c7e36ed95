import { createPlatformKeyToken } from '@keylease/shared/platform-key'
import { factories } from './factories'
import type { Harness } from './harness'

/** Every kind of credential that opens nothing, by what is wrong with it. */
export async function createRefusedTokens(harness: Harness): Promise<Map<string, string | null>> {
  const good = await harness.issueKey({ scopes: ['admin'] })
  return new Map([
    ['nothing', null],
    ['too little', 'x'],
    ['no credential', 'not-a-credential-at-all-0123456789'],
    ['more than the bootstrap token', `${harness.token}x`],
    ['less than the bootstrap token', harness.token.slice(1)],
    ['a key that nobody issued', createPlatformKeyToken().reveal()],
    ['a key with a wrong checksum', good.key.slice(0, -1) + (good.key.endsWith('a') ? 'b' : 'a')],
    ['an expired key', await createExpired(harness)],
    ['a revoked key', await createRevoked(harness)],
    ['a regenerated key', await createRegenerated(harness)],
    ['a key of a disabled agent', await createOfAgent(harness, (path) => harness.request('PATCH', path, { body: { enabled: false } }))],
    ['a key of a deleted agent', await createOfAgent(harness, (path) => harness.request('DELETE', path))],
  ])
}

async function createExpired(harness: Harness): Promise<string> {
  const { key, id } = await harness.issueKey({ scopes: ['admin'] })
  await harness.deps.db.app.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT set_config('keylease.organization_id', ${harness.organizationId}, true)`
    await tx.$executeRaw`UPDATE platform_key SET expires_at = now() - interval '1 second' WHERE id = ${id}`
  })
  return key
}

async function createRevoked(harness: Harness): Promise<string> {
  const { key, id } = await harness.issueKey({ scopes: ['admin'] })
  await harness.request('DELETE', `/api/v1/platform/api-keys/${id}`)
  return key
}

async function createRegenerated(harness: Harness): Promise<string> {
  const { key, id } = await harness.issueKey({ scopes: ['admin'] })
  await harness.request('POST', `/api/v1/platform/api-keys/${id}/regenerate`, { body: { overlapSeconds: 0 } })
  return key
}

async function createOfAgent(harness: Harness, stop: (path: string) => Promise<Response>): Promise<string> {
  const agentId = (await factories.agent?.(harness, harness.token)) ?? null
  const { key } = await harness.issueKey({ scopes: ['admin'], agentId })
  await stop(`/api/v1/agents/${agentId}`)
  return key
}
