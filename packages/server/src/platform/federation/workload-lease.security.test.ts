import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { createHolder, takeLease } from '../../../test/lease-holder'
import { call } from '../../../test/room'
import { openTokenIssuer, type TokenIssuer } from '../../../test/token-issuer'

let harness: Harness
let issuer: TokenIssuer

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' })
  issuer = await openTokenIssuer()
})
afterAll(async () => {
  await issuer.goAway()
  await harness.close()
})

async function openWorkload(subject: string) {
  const { agentId } = await createHolder(harness)
  const rule = { agentId, name: 'checkout', issuer: issuer.url, subjectPattern: subject }
  const { body } = await call<{ id: string; audience: string }>(harness, undefined, 'POST', '/api/v1/trust-rules', rule)
  const sign = (claims: object = {}) => issuer.sign({ aud: body.audience, sub: subject, ...claims })
  return { agentId, rule: `/api/v1/trust-rules/${body.id}`, ruleId: body.id, sign }
}

const read = async (id: string) => (await call<{ status: string }>(harness, undefined, 'GET', `/api/v1/leases/${id}`)).body
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds

test('a workload leases with its own token; the lease names its rule and ends no later than the token', async () => {
  const subject = 'system:serviceaccount:prod:checkout'
  const { agentId, rule, ruleId, sign } = await openWorkload(subject)
  const exp = inSeconds(120)
  const lease = await takeLease(harness, { token: await sign({ exp }) })
  expect(Date.parse(lease.expiresAt)).toBeLessThanOrEqual(exp * 1_000)
  expect(await read(lease.id)).toMatchObject({ scope: { agentId }, status: 'active', holder: { kind: 'workload', id: ruleId } })
  const trail = await call<{ items: unknown[] }>(harness, undefined, 'GET', `/api/v1/audit?kind=audit&resourceId=${lease.id}`)
  expect(trail.body.items[0]).toMatchObject({ actor: { kind: 'workload', id: ruleId, name: `checkout (${subject})` } })
  await harness.deps.workloads.usage.flush()
  expect((await call(harness, undefined, 'GET', rule)).body).toMatchObject({ lastUsedSubject: subject, lastUsedAddress: '127.0.0.1' })
})

test('disabling the rule ends the leases that were taken under it', async () => {
  const { rule, sign } = await openWorkload('system:serviceaccount:prod:support')
  const lease = await takeLease(harness, { token: await sign() })
  await harness.request('PATCH', rule, { body: { enabled: false } })
  await vi.waitFor(async () => expect((await read(lease.id)).status).toBe('revoked'), { timeout: 5_000, interval: 10 })
})
