import { generateKeyPairSync } from 'node:crypto'
import { Secret } from '@keylease/shared/secret'
import { CompactSign, exportSPKI, importJWK, type JWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createTestClock } from '../../../test/clock'
import { factories } from '../../../test/factories'
import { createHarness, type Harness } from '../../../test/harness'
import { call } from '../../../test/room'
import { testSize } from '../../../test/size'
import { openTokenIssuer, type TokenIssuer } from '../../../test/token-issuer'
import { inTenantSql } from '../tenancy'

const clock = createTestClock()
const subject = 'system:serviceaccount:prod:checkout'
let harness: Harness
let replica: Pick<Harness, 'deps' | 'request' | 'close'>
let issuer: TokenIssuer

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1', KEYLEASE_PUBLIC_URL: 'https://localhost' }, clock)
  replica = await harness.openReplica()
  issuer = await openTokenIssuer(clock.now)
})
afterAll(async () => {
  await issuer.goAway()
  await replica.close()
  await harness.close()
})

const audienceOf = (organizationId: string) => `https://localhost/${organizationId}`
const secondsFromNow = (seconds: number) => Math.floor(clock.now().getTime() / 1_000) + seconds
const sign = (claims: object = {}) => issuer.sign({ aud: audienceOf(harness.organizationId), sub: subject, ...claims })

interface Rule {
  id: string
  agentId: string
  audience: string
  lastUsedAt: string | null
  lastUsedAddress: string | null
  lastUsedSubject: string | null
}

async function trust(change: object = {}, token?: string): Promise<Rule> {
  const agentId = await factories.agent?.(harness, token ?? harness.token)
  const rule = { agentId, name: 'checkout', issuer: issuer.url, subjectPattern: subject, ...change }
  const { status, body } = await call<Rule>(harness, token, 'POST', '/api/v1/trust-rules', rule)
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}

/** The rule is there for as long as the work takes, here and on the other replica. */
async function whileTrusted<T>(change: object, work: (rule: Rule) => Promise<T>): Promise<T> {
  const rule = await trust(change)
  try {
    return await work(rule)
  } finally {
    const gone = await harness.request('DELETE', `/api/v1/trust-rules/${rule.id}`)
    expect(gone.status).toBeOneOf([204, 404])
  }
}

/** Let in: a workload may not list projects. Refused: nobody knows it. Each from an address of its own, as refusals are limited by it. */
let addresses = 0
const knock = async (token: string, at: Pick<Harness, 'request'> = harness) => {
  const address = `2001:db8:${(++addresses).toString(16)}::1`
  return (await at.request('GET', '/api/v1/projects', { token, address })).status
}
const admitted = 403
const refused = 401

const refusalsOf = (work: () => Promise<unknown>) => {
  const record = vi.spyOn(harness.deps.security, 'record')
  return work().then(() => {
    const told = record.mock.calls.map(([event]) => [event.organizationId, event.detail?.['reason'], event.detail?.['subject']])
    record.mockRestore()
    return told
  })
}

test('a token that a rule trusts acts as its agent, may lease and nothing else, ends with the token, and may be shown again', async () => {
  await whileTrusted({ claims: { team: 'core' } }, async (rule) => {
    const exp = secondsFromNow(600)
    const token = await sign({ team: ['core', 'web'], exp, jti: 'once' })
    const principal = await authenticate(token)
    expect(principal).toMatchObject({ kind: 'workload', id: rule.id, agentId: rule.agentId, subject, expiresAt: new Date(exp * 1_000) })
    expect(principal).toMatchObject({ name: `checkout (${subject})`, organizationId: harness.organizationId })
    const answer = await harness.request('GET', '/api/v1/projects', { token })
    expect([answer.status, await answer.json()]).toMatchObject([403, { error: { code: 'forbidden' } }])
    expect(await knock(token, replica)).toBe(admitted)
  })
})

test('a rule says which audience its tokens need, and who was last let in by it, when and from where', async () => {
  await whileTrusted({ subjectPattern: 'system:serviceaccount:prod:*' }, async ({ id, agentId, audience }) => {
    const read = async () => (await call<Rule>(harness, undefined, 'GET', `/api/v1/trust-rules/${id}`)).body
    const request = (token: string, path: string) => harness.request('GET', path, { token, address: '203.0.113.9' })
    expect(audience).toBe(audienceOf(harness.organizationId))
    await request(await sign(), '/api/v1/projects')
    await harness.deps.workloads.usage.flush()
    expect((await read()).lastUsedAt, 'a refused request is no use').toBeNull()
    const used = await authenticate(await sign({ sub: 'system:serviceaccount:prod:other' }))
    const at = clock.now()
    harness.deps.workloads.usage.note(used, 200, '203.0.113.9')
    await harness.deps.workloads.usage.flush()
    const rule = await read()
    expect(rule).toMatchObject({ lastUsedAddress: '203.0.113.9', lastUsedSubject: 'system:serviceaccount:prod:other' })
    expect(new Date(rule.lastUsedAt ?? 0).getTime()).toBeGreaterThanOrEqual(at.getTime())
    expect(await readAgentAddress(agentId)).toBe('203.0.113.9')
  })
})

describe('is refused like any other credential, and the reason goes to the organization that it names:', () => {
  const own = () => harness.organizationId
  const cases: [string, () => Promise<string>, string | undefined, (() => string) | null][] = [
    ['another audience', () => sign({ aud: 'https://keys.example.com' }), 'wrong_audience', null],
    ['no audience', () => sign({ aud: undefined }), 'wrong_audience', null],
    ['an organization that does not exist', () => sign({ aud: audienceOf(`org_${'0'.repeat(26)}`) }), 'wrong_audience', null],
    ['another issuer', () => sign({ iss: 'https://idp.example.com' }), 'untrusted_issuer', own],
    ['the issuer with a slash more', () => sign({ iss: `${issuer.url}/` }), 'untrusted_issuer', own],
    ['the issuer by another name', () => sign({ iss: issuer.url.replace('127.0.0.1', 'localhost') }), 'untrusted_issuer', own],
    ['an issuer that is a list', () => sign({ iss: [issuer.url] }), 'untrusted_issuer', own],
    ['an end that has passed', () => sign({ exp: secondsFromNow(-1) }), 'expired', own],
    ['no end', () => sign({ exp: undefined }), 'malformed', own],
    ['a beginning in two minutes', () => sign({ nbf: secondsFromNow(120) }), 'not_yet_valid', own],
    ['a life of more than a day', () => sign({ exp: secondsFromNow(87_100) }), 'lives_too_long', own],
    ['another subject', () => sign({ sub: `${subject}2` }), 'no_rule_fits', own],
    ['no subject', () => sign({ sub: undefined }), 'no_rule_fits', own],
    ['a missing claim', () => sign({ team: undefined }), 'no_rule_fits', own],
    ['claims of its prototype', async () => resign('{"__proto__":{"team":"core"}}'), 'no_rule_fits', own],
    ['no signature', async () => (await forge({ alg: 'none' })).replace(/[^.]*$/, ''), 'unsupported_algorithm', null],
    ['a public key as its secret', () => signWithPublicKey(), 'unsupported_algorithm', null],
    ['a signature by somebody else', () => signAsStranger({}), 'bad_signature', own],
    ['a key that it brings along', () => signAsStranger({ embed: true }), 'bad_signature', own],
    ['a key that nobody published', () => signAsStranger({ kid: 'unheard-of' }), 'unknown_signing_key', own],
    ['other claims than were signed', () => forge({}), 'bad_signature', own],
    ['another algorithm of the same key', () => forge({ alg: 'PS256' }), 'unknown_signing_key', own],
    ['another kind of key', () => forge({ alg: 'ES256' }), 'unknown_signing_key', own],
    ['an extension that must be understood', () => forge({ crit: ['exp'] }), 'malformed', null],
    ['more than 16 KiB', async () => sign({ team: 'core', filler: 'x'.repeat(16_384) }), undefined, null],
    ['garbage', async () => 'eyJhbGciOiJSUzI1NiJ9.e30garbage.x', 'malformed', null],
  ]

  test.each(cases)('a token with %s', async (_, make, reason, organization) => {
    await whileTrusted({ claims: { team: 'core' } }, async () => {
      expect(await knock(await sign({ team: 'core' }))).toBe(admitted)
      const token = await make()
      const told = await refusalsOf(async () => {
        const answer = await harness.request('GET', '/api/v1/projects', { token, address: `2001:db8:${(++addresses).toString(16)}::1` })
        expect([answer.status, withoutId(await answer.json())]).toEqual([refused, await uniform()])
      })
      expect(told[0]?.slice(0, 2)).toEqual([organization?.() ?? null, reason])
    })
  })

  test('a token that was made for another organization of this service', async () => {
    const other = await harness.createTenant()
    await whileTrusted({}, async () => {
      const told = await refusalsOf(async () => expect(await knock(await sign({ aud: audienceOf(other) }))).toBe(refused))
      expect(told).toEqual([[other, 'untrusted_issuer', undefined]])
    })
    const theirs = harness.createCredential({ organizationId: other, role: 'owner' })
    const rule = await trust({}, theirs)
    expect(await knock(await sign({ aud: audienceOf(other) }))).toBe(admitted)
    expect(await knock(await sign())).toBe(refused)
    await harness.request('DELETE', `/api/v1/trust-rules/${rule.id}`, { token: theirs })
  })

  const uniform = async () => withoutId(await (await harness.request('GET', '/api/v1/projects', { token: 'x'.repeat(40) })).json())
  const withoutId = (answer: unknown) => ({ error: { ...(answer as { error: object }).error, requestId: 'any' } })
})

test('rules of two agents that fit alike refuse the token, and the organization hears which subject it was', async () => {
  await whileTrusted({ subjectPattern: 'system:serviceaccount:prod:*' }, () =>
    whileTrusted({ subjectPattern: 'system:serviceaccount:*:checkout' }, async () => {
      const told = await refusalsOf(async () => expect(await knock(await sign())).toBe(refused))
      expect(told).toEqual([[harness.organizationId, 'ambiguous_rules', subject]])
      await whileTrusted({}, async () => expect(await knock(await sign())).toBe(admitted))
    }),
  )
})

test('disabling or deleting the rule or its agent stops a token on another replica within a second', async () => {
  const stops: ((rule: Rule) => Promise<unknown>)[] = [
    ({ id }) => harness.request('PATCH', `/api/v1/trust-rules/${id}`, { body: { enabled: false } }),
    ({ id }) => harness.request('PATCH', `/api/v1/trust-rules/${id}`, { body: { subjectPattern: `${subject}2` } }),
    ({ id }) => harness.request('DELETE', `/api/v1/trust-rules/${id}`),
    ({ agentId }) => harness.request('PATCH', `/api/v1/agents/${agentId}`, { body: { enabled: false } }),
    ({ agentId }) => harness.request('DELETE', `/api/v1/agents/${agentId}`),
  ]
  for (const stop of stops) {
    await whileTrusted({}, async (rule) => {
      const token = await sign()
      await vi.waitFor(async () => expect(await knock(token, replica)).toBe(admitted), { timeout: 5_000, interval: 5 })
      await stop(rule)
      const started = performance.now()
      await vi.waitFor(async () => expect(await knock(token, replica)).toBe(refused), { timeout: 5_000, interval: 5 })
      expect(performance.now() - started).toBeLessThan(1_000)
    })
  }
})

test('a token that was let in asks neither the database nor its issuer again, and is not let in past its end', async () => {
  await whileTrusted({}, async () => {
    const token = await sign({ exp: secondsFromNow(60) })
    expect(await knock(token)).toBe(admitted)
    // The news of the new rule may come between the first use and the next.
    await vi.waitFor(async () => {
      const queries = vi.spyOn(harness.deps.db.appPool, 'connect').mockClear()
      const requests = vi.spyOn(harness.deps.outbound, 'request').mockClear()
      const shown = await Promise.all(Array.from({ length: testSize(200, 5_000) }, () => authenticate(token)))
      expect(new Set(shown.map(({ kind }) => kind))).toEqual(new Set(['workload']))
      expect([queries.mock.calls.length, requests.mock.calls.length]).toEqual([0, 0])
    })
    vi.restoreAllMocks()
    clock.advance(60_000)
    await vi.waitFor(() => expect(harness.deps.events.lagMs()).toBeLessThan(5_000), { timeout: 5_000, interval: 5 })
    expect(await knock(token)).toBe(refused)
  })
})

test('all tokens of one rule share its rate limit, and other rules have theirs', async () => {
  const taken = vi.spyOn(harness.deps.limiter, 'take')
  const callerOf = async (token: string) => {
    taken.mockClear()
    await harness.request('GET', '/api/v1/projects', { token })
    return taken.mock.calls[0]?.[0]
  }
  await whileTrusted({ subjectPattern: 'system:serviceaccount:prod:*' }, async () => {
    const first = await callerOf(await sign())
    expect(first).toContain(harness.organizationId)
    expect(await callerOf(await sign({ sub: 'system:serviceaccount:prod:other' }))).toBe(first)
    await whileTrusted({ subjectPattern: 'job:build:main' }, async () =>
      expect(await callerOf(await sign({ sub: 'job:build:main' }))).not.toBe(first),
    )
  })
  taken.mockRestore()
})

test('no issuer is asked that no rule of the named organization trusts', async () => {
  const requests = vi.spyOn(harness.deps.outbound, 'request')
  await knock(await sign())
  await whileTrusted({ issuer: 'https://idp.example.com' }, async () => knock(await sign()))
  expect(requests).not.toHaveBeenCalled()
  requests.mockRestore()
})

async function readAgentAddress(agentId: string): Promise<string | null | undefined> {
  const found = await inTenantSql(harness.deps.db.systemPool, harness.organizationId, (client) =>
    client.query<{ address: string | null }>('SELECT last_used_address AS address FROM agent WHERE id = $1', [agentId]),
  )
  return found.rows[0]?.address
}

async function authenticate(token: string) {
  const facts = { id: 'req', address: '127.0.0.1', userAgent: '' }
  const found = await harness.deps.workloads.authenticator.authenticate({ bearer: new Secret(token), cookie: null }, facts)
  if (!found || 'refused' in found) throw new Error(`refused: ${JSON.stringify(found)}`)
  return found
}

/** The issuer's own signature under another header. */
async function forge(header: object): Promise<string> {
  const [head = '', , signature] = (await sign({ team: 'core' })).split('.')
  const changed = { ...JSON.parse(Buffer.from(head, 'base64url').toString()), ...header }
  const claims = { aud: audienceOf(harness.organizationId), iss: issuer.url, sub: subject, team: 'core' }
  const times = { iat: secondsFromNow(0), exp: secondsFromNow(500) }
  return `${[changed, { ...claims, ...times }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.${signature}`
}

const ownKey = () => issuer.server.issuer.keys.toJSON(true)[0] as JWK

/** Really signed by the issuer, its claims written as this text does. */
async function resign(claims: string): Promise<string> {
  const key = ownKey()
  const text = JSON.stringify({ aud: audienceOf(harness.organizationId), iss: issuer.url, sub: subject })
  const times = `"iat":${secondsFromNow(0)},"exp":${secondsFromNow(500)}`
  const payload = new TextEncoder().encode(`${claims.slice(0, -1)},${times},${text.slice(1)}`)
  return new CompactSign(payload).setProtectedHeader({ alg: 'RS256', kid: key.kid ?? '' }).sign(await importJWK(key, 'RS256'))
}

async function signWithPublicKey(): Promise<string> {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...publicKey } = ownKey()
  const pem = await exportSPKI((await importJWK(publicKey, 'RS256', { extractable: true })) as Parameters<typeof exportSPKI>[0])
  return toJwt()
    .setProtectedHeader({ alg: 'HS256', kid: publicKey.kid ?? '' })
    .sign(new TextEncoder().encode(pem))
}

async function signAsStranger({ kid = ownKey().kid ?? '', embed = false }): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const brought = embed ? { jwk: publicKey.export({ format: 'jwk' }) as JWK, jku: 'http://127.0.0.1:1/jwks' } : {}
  return toJwt()
    .setProtectedHeader({ alg: 'RS256', kid, ...brought })
    .sign(privateKey)
}

const toJwt = () =>
  new SignJWT({ team: 'core' })
    .setIssuer(issuer.url)
    .setSubject(subject)
    .setAudience(audienceOf(harness.organizationId))
    .setIssuedAt(secondsFromNow(0))
    .setExpirationTime(secondsFromNow(500))
