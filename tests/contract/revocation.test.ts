import type { Keylease, KeyleaseError } from '@keylease/sdk'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { inTenantSql } from '../../packages/server/src/platform/tenancy'
import { answer, hang } from './edge'
import { openRoom, openService, type Room, type Service } from './room'

const chat = 'https://api.openai.com/v1/chat/completions'
const ask = (stream = false) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'gpt-5-mini', stream, messages: [] }),
})
const whole = answer('openai/chat-plain')

let service: Service
let room: Room
let keylease: Keylease
let ended: string[]
beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())
beforeEach(async () => {
  room = await openRoom(service, { provider: 'openai', basePath: '/v1' })
  keylease = room.connect()
  ended = []
  keylease.on('revoked', ({ leaseId }) => ended.push(leaseId))
})
afterEach(async () => {
  await keylease.close()
  await room.close()
})

/** The agent calls, and its event stream is open. */
async function connect(): Promise<typeof fetch> {
  room.edge.order(whole)
  const leased = keylease.fetch('openai')
  await (await leased(chat, ask())).text()
  await expect.poll(countClients).toBe(1)
  return leased
}

function countClients(): Promise<number> {
  const { deps, organizationId } = service.harness
  return inTenantSql(deps.db.appPool, organizationId, async (client) => {
    const found = await client.query('SELECT 1 FROM event_client WHERE agent_id = $1', [room.holder.agentId])
    return found.rowCount ?? 0
  })
}

const revoke = async (body: object) => (await service.harness.request('POST', '/api/v1/leases/revoke', { body })).json()

describe('a revocation by the real service', () => {
  test('ends the lease of a connected agent within a second; a call that has started may finish', async () => {
    const leased = await connect()
    room.edge.order(hang('openai/chat-stream'))
    const response = await leased(chat, ask(true))
    const startedAt = performance.now()
    await revoke({ agentId: room.holder.agentId })
    await expect.poll(() => ended.length, { interval: 5 }).toBe(1)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    const reader = response.body?.getReader()
    expect((await reader?.read())?.done).toBe(false)
    await reader?.cancel()
    room.edge.order(whole)
    expect((await leased(chat, ask())).status).toBe(200)
  })

  test('with a cut ends calls under way with their reason', async () => {
    const leased = await connect()
    room.edge.order(hang('openai/chat-stream'))
    const text = (await leased(chat, ask(true))).text()
    const failed = text.catch((error: KeyleaseError) => error)
    await revoke({ agentId: room.holder.agentId, inFlight: 'cut' })
    expect(await failed).toMatchObject({ code: 'lease_revoked' })
  })

  test('of the platform key ends what was leased with it', async () => {
    const leased = await connect()
    await service.harness.request('DELETE', `/api/v1/platform/api-keys/${room.holder.platformKeyId}`)
    await expect.poll(() => ended.length, { timeout: 3_000 }).toBe(1)
    await expect(leased(chat, ask())).rejects.toMatchObject({ code: 'unauthenticated' })
  })
})

test('without its grant the next calls of an agent are refused, and say why', async () => {
  const leased = await connect()
  await service.harness.request('DELETE', `/api/v1/grants/${room.holder.grantId}`)
  await expect.poll(() => leased(chat, ask()).then(String, (error: KeyleaseError) => error.code), { timeout: 3_000 }).toBe('no_grant')
})
