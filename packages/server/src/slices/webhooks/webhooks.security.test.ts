import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const create = (body: object) =>
  harness.request('POST', '/api/v1/webhooks', { body: { url: 'https://hooks.example.com/x', kinds: ['key.*'], ...body } })

test.each([
  'http://hooks.example.com/x',
  'https://127.0.0.1/x',
  'https://[::1]/x',
  'https://localhost/x',
  'https://10.0.0.1/x',
  'https://169.254.169.254/latest/meta-data',
  'https://0x7f.1/x',
  'https://user:password@hooks.example.com/x',
  'ftp://hooks.example.com/x',
  'not a url',
])('a webhook cannot be pointed at %s, new or later', async (url) => {
  const refused = await create({ url })
  expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([400, 'url_not_allowed'])
  const { id } = (await (await create({})).json()) as { id: string }
  expect((await harness.request('PATCH', `/api/v1/webhooks/${id}`, { body: { url } })).status).toBe(400)
})

test.each(['', ' ', 'short', 'x'.repeat(23), 'with a space in between it all', 'x'.repeat(257), 'ümlaut-ümlaut-ümlaut-ümlaut'])(
  'the secret %j is refused and not repeated',
  async (secret) => {
    const refused = await create({ secret })
    expect(refused.status).toBe(400)
    if (secret.trim().length > 4) expect(await refused.text()).not.toContain(secret)
  },
)

test('a generated secret is shown once and differs each time', async () => {
  const secrets = await Promise.all([1, 2].map(async () => ((await (await create({})).json()) as { secret: string }).secret))
  expect(new Set(secrets).size).toBe(2)
  expect(secrets.every((secret) => /^whsec_[\w-]{43}$/.test(secret))).toBe(true)
})

test('a kind that does not exist is refused', async () => {
  for (const kinds of [[], ['*'], ['key.nothing'], ['budget.*'], ['key.*', 'key.*']]) expect((await create({ kinds })).status).toBe(400)
})

test('a Manager, a User and a Viewer neither see nor make webhooks', async () => {
  for (const role of ['manager', 'user', 'viewer'] as const) {
    const token = harness.createCredential({ organizationId: harness.organizationId, role })
    expect((await harness.request('GET', '/api/v1/webhooks', { token })).status).toBe(403)
  }
})
