import type { RefusalCode } from '@keylease/shared/contracts/policy'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { evaluatePolicy } from './policy'
import type { PolicyAgent, PolicyFacts, PolicyGrant, PolicyKey, PolicyRequest } from './policy-facts'

const at = new Date('2026-11-18T10:30:00Z') // a Wednesday
const before = new Date(at.getTime() - 1)
const later = (seconds: number) => new Date(at.getTime() + seconds * 1_000)

const agent: PolicyAgent = { id: 'agt_1', projectId: 'prj_1', teamId: 'team_1', environment: 'production', enabled: true }
const request: PolicyRequest = { provider: 'openai', models: [], operations: [], address: '203.0.113.7', at }
const key: PolicyKey = {
  id: 'pky_1',
  provider: 'openai',
  category: 'llm',
  tags: ['shared'],
  environment: null,
  status: 'active',
  delivery: null,
  expiresAt: null,
}
const grant: PolicyGrant = {
  id: 'grant_1',
  agentId: 'agt_1',
  projectId: null,
  teamId: null,
  keyId: 'pky_1',
  provider: null,
  category: null,
  tag: null,
  priority: 0,
  models: [],
  operations: [],
  environments: [],
  addresses: [],
  hours: null,
  maxTtlSeconds: null,
  requestsPerMinute: null,
  tokensPerMinute: null,
  defaultMaxOutputTokens: null,
  expiresAt: null,
}
const noSubject = { agentId: null, projectId: null, teamId: null }
const noTarget = { keyId: null, provider: null, category: null, tag: null }
const office = { timeZone: 'Europe/Berlin', days: ['monday' as const, 'wednesday' as const], from: '09:00', to: '18:00' }

interface Change {
  agent?: Partial<PolicyAgent>
  request?: Partial<PolicyRequest>
  key?: Partial<PolicyKey>
  grant?: Partial<PolicyGrant>
}
const factsOf = (change: Change): PolicyFacts => ({
  agent: { ...agent, ...change.agent },
  request: { ...request, ...change.request },
  keys: [{ ...key, ...change.key }],
  grants: [{ ...grant, ...change.grant }],
})

/** What is changed about a plain grant of one key to one agent, and what comes of it. */
const cases: [string, Change, RefusalCode | 'allowed'][] = [
  ['a plain grant', {}, 'allowed'],
  ['a disabled agent', { agent: { enabled: false } }, 'agent_disabled'],
  ['a disabled agent, whatever else is wrong', { agent: { enabled: false }, key: { status: 'revoked' } }, 'agent_disabled'],
  ['another agent', { agent: { id: 'agt_2' } }, 'no_grant'],
  ['a grant to its project', { grant: { ...noSubject, projectId: 'prj_1' } }, 'allowed'],
  ['a grant to another project', { grant: { ...noSubject, projectId: 'prj_2' } }, 'no_grant'],
  ['a grant to its team', { grant: { ...noSubject, teamId: 'team_1' } }, 'allowed'],
  ['a grant to another team', { grant: { ...noSubject, teamId: 'team_2' } }, 'no_grant'],
  ['a grant to a team, and a project without one', { agent: { teamId: null }, grant: { ...noSubject, teamId: 'team_1' } }, 'no_grant'],
  ['a grant to nobody', { grant: noSubject }, 'no_grant'],
  ['a grant to nobody, and a project without a team', { agent: { teamId: null }, grant: noSubject }, 'no_grant'],
  ['the key by its id', { request: { provider: undefined, keyId: 'pky_1' } }, 'allowed'],
  ['another key by its id', { request: { provider: undefined, keyId: 'pky_2' } }, 'no_grant'],
  ['another provider', { request: { provider: 'anthropic' } }, 'no_grant'],
  ['nothing asked for', { request: { provider: undefined } }, 'no_grant'],
  ['a grant of another key', { grant: { keyId: 'pky_2' } }, 'no_grant'],
  ['a grant of the provider', { grant: { ...noTarget, provider: 'openai' } }, 'allowed'],
  ['a grant of another provider', { grant: { ...noTarget, provider: 'anthropic' } }, 'no_grant'],
  ['a grant of the category', { grant: { ...noTarget, category: 'llm' } }, 'allowed'],
  ['a grant of another category', { grant: { ...noTarget, category: 'search' } }, 'no_grant'],
  ['a grant of a tag', { grant: { ...noTarget, tag: 'shared' } }, 'allowed'],
  ['a grant of another tag', { grant: { ...noTarget, tag: 'share' } }, 'no_grant'],
  ['a grant of a tag, and a key without any', { key: { tags: [] }, grant: { ...noTarget, tag: 'shared' } }, 'no_grant'],
  ['a grant of nothing', { grant: noTarget }, 'no_grant'],
  ['a revoked key', { key: { status: 'revoked' } }, 'key_revoked'],
  ['a disabled key', { key: { status: 'disabled' } }, 'key_disabled'],
  ['a key of an unknown status', { key: { status: 'new' } }, 'key_disabled'],
  ['a revoked and expired key', { key: { status: 'revoked', expiresAt: before } }, 'key_revoked'],
  ['a key that expires in a moment', { key: { expiresAt: later(1) } }, 'allowed'],
  ['a key that expires right now', { key: { expiresAt: at } }, 'key_expired'],
  ['a key that expired', { key: { expiresAt: before } }, 'key_expired'],
  ['a grant that ends in a moment', { grant: { expiresAt: later(1) } }, 'allowed'],
  ['a grant that ends right now', { grant: { expiresAt: at } }, 'grant_expired'],
  ['a grant that ended', { grant: { expiresAt: before } }, 'grant_expired'],
  ['a key for this environment', { key: { environment: 'production' } }, 'allowed'],
  ['a key for another environment', { key: { environment: 'development' } }, 'environment_mismatch'],
  ['a grant for this environment', { grant: { environments: ['staging', 'production'] } }, 'allowed'],
  ['a grant for other environments', { grant: { environments: ['staging'] } }, 'environment_mismatch'],
  [
    'a grant cannot lend a key to another environment',
    { key: { environment: 'staging' }, grant: { environments: ['production'] } },
    'environment_mismatch',
  ],
  ['any delivery where the key does not say', { request: { delivery: 'direct' } }, 'allowed'],
  ['the delivery of the key', { request: { delivery: 'gateway' }, key: { delivery: 'gateway' } }, 'allowed'],
  ['another delivery than that of the key', { request: { delivery: 'direct' }, key: { delivery: 'gateway' } }, 'delivery_not_allowed'],
  ['no delivery asked for', { key: { delivery: 'gateway' } }, 'allowed'],
  ['an address in the network', { grant: { addresses: ['203.0.113.0/24'] } }, 'allowed'],
  ['an address outside the network', { grant: { addresses: ['203.0.112.0/24'] } }, 'address_refused'],
  ['an address in one of several networks', { grant: { addresses: ['10.0.0.0/8', '203.0.113.7/32'] } }, 'allowed'],
  ['a mapped address', { request: { address: '::ffff:203.0.113.7' }, grant: { addresses: ['203.0.113.0/24'] } }, 'allowed'],
  ['an unknown address', { request: { address: null }, grant: { addresses: ['0.0.0.0/0'] } }, 'address_refused'],
  ['an address that is none', { request: { address: 'unknown' }, grant: { addresses: ['0.0.0.0/0', '::/0'] } }, 'address_refused'],
  ['an unknown address where none is asked for', { request: { address: null } }, 'allowed'],
  ['within the hours', { grant: { hours: office } }, 'allowed'],
  ['after the hours', { request: { at: new Date('2026-11-18T17:00:00Z') }, grant: { hours: office } }, 'outside_hours'],
  ['the last second of the hours', { request: { at: new Date('2026-11-18T16:59:59Z') }, grant: { hours: office } }, 'allowed'],
  ['the first second of the hours', { request: { at: new Date('2026-11-18T08:00:00Z') }, grant: { hours: office } }, 'allowed'],
  ['before the hours', { request: { at: new Date('2026-11-18T07:59:59Z') }, grant: { hours: office } }, 'outside_hours'],
  ['another day', { request: { at: new Date('2026-11-17T10:30:00Z') }, grant: { hours: office } }, 'outside_hours'],
  ['hours in summer time', { request: { at: new Date('2026-07-15T07:00:00Z') }, grant: { hours: office } }, 'allowed'],
  ['a granted operation', { request: { operations: ['chat'] }, grant: { operations: ['chat', 'embeddings'] } }, 'allowed'],
  ['an operation that is not granted', { request: { operations: ['images'] }, grant: { operations: ['chat'] } }, 'operation_not_granted'],
  ['one operation of two', { request: { operations: ['chat', 'images'] }, grant: { operations: ['chat'] } }, 'operation_not_granted'],
  [
    'an operation that begins like a granted one',
    { request: { operations: ['chat2'] }, grant: { operations: ['chat'] } },
    'operation_not_granted',
  ],
  ['a granted model', { request: { models: ['gpt-5-mini'] }, grant: { models: ['gpt-5-mini'] } }, 'allowed'],
  [
    'a model that begins like a granted one',
    { request: { models: ['gpt-5-mini-2'] }, grant: { models: ['gpt-5-mini'] } },
    'model_not_granted',
  ],
  ['a model of a pattern', { request: { models: ['gpt-5-mini'] }, grant: { models: ['gpt-5*'] } }, 'allowed'],
  ['the beginning itself', { request: { models: ['gpt-5'] }, grant: { models: ['gpt-5*'] } }, 'allowed'],
  ['a model outside a pattern', { request: { models: ['gpt-4.1'] }, grant: { models: ['gpt-5*'] } }, 'model_not_granted'],
  ['a model that spells a pattern', { request: { models: ['gpt-*'] }, grant: { models: ['gpt-5*'] } }, 'model_not_granted'],
  ['models compare by case', { request: { models: ['GPT-5'] }, grant: { models: ['gpt-5'] } }, 'model_not_granted'],
  ['two models of two patterns', { request: { models: ['gpt-5', 'o4'] }, grant: { models: ['gpt-*', 'o4'] } }, 'allowed'],
  ['one model of two', { request: { models: ['gpt-5', 'o4'] }, grant: { models: ['gpt-*'] } }, 'model_not_granted'],
  ['no model asked for', { grant: { models: ['gpt-5'] } }, 'allowed'],
  ['any model by a bare pattern', { request: { models: ['o4'] }, grant: { models: ['*'] } }, 'allowed'],
  [
    'the check that came furthest is named',
    { request: { models: ['o4'], address: '10.0.0.1' }, grant: { models: ['gpt-5'], addresses: ['203.0.113.0/24'] } },
    'address_refused',
  ],
]

describe('the policy', () => {
  it.each(cases)('decides by its table: %s', (_, change, expected) => {
    const decision = evaluatePolicy(factsOf(change))
    expect(decision.allowed ? 'allowed' : decision.code).toBe(expected)
    expect(decision.sentence).toMatch(/^[A-Z].*\.$/)
    expect(decision.sentence).not.toContain('undefined')
  })

  it('has a table worth the name, with every code in it', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60)
    expect(new Set(cases.map(([, , code]) => code)).size).toBe(13)
  })
})

const decide = (facts: Partial<PolicyFacts>) => evaluatePolicy({ agent, request, keys: [key], grants: [grant], ...facts })
const chosen = (facts: Partial<PolicyFacts>) => {
  const decision = decide(facts)
  return decision.allowed ? decision.candidates.map((one) => `${one.key.id} ${one.grant.id}`) : []
}

describe('of several grants and keys', () => {
  const toProject = { ...grant, ...noSubject, id: 'grant_p', projectId: 'prj_1' }
  const toTeam = { ...grant, ...noSubject, id: 'grant_t', teamId: 'team_1' }

  it('the agent’s own comes before its project’s, and that before its team’s', () => {
    expect(chosen({ grants: [toTeam, grant, toProject] })).toEqual(['pky_1 grant_1', 'pky_1 grant_p', 'pky_1 grant_t'])
  })

  it('a higher priority comes before a more specific subject', () => {
    expect(chosen({ grants: [grant, { ...toTeam, priority: 1 }] })[0]).toBe('pky_1 grant_t')
  })

  it('the key itself comes before its tag, its provider and its category', () => {
    const grants = (['category', 'provider', 'tag'] as const).map((name) => {
      const target = { category: 'llm', provider: 'openai', tag: 'shared' }[name]
      return { ...grant, ...noTarget, id: `grant_${name}`, [name]: target }
    })
    expect(chosen({ grants: [...grants, grant] }).map((one) => one.split('_').at(-1))).toEqual(['1', 'tag', 'provider', 'category'])
  })

  it('a key for this environment alone comes before one for all', () => {
    const keys = [key, { ...key, id: 'pky_2', environment: 'production' }]
    expect(chosen({ keys, grants: [{ ...grant, ...noTarget, provider: 'openai' }] })).toEqual(['pky_2 grant_1', 'pky_1 grant_1'])
  })

  it('one that refuses does not stand in the way of one that allows', () => {
    expect(chosen({ grants: [{ ...grant, models: ['none'] }, toTeam], request: { ...request, models: ['gpt-5'] } })).toEqual([
      'pky_1 grant_t',
    ])
  })

  it('one grant alone must cover the whole request', () => {
    const grants = [
      { ...grant, models: ['gpt-5'] },
      { ...toTeam, models: ['o4'] },
    ]
    expect(decide({ grants, request: { ...request, models: ['gpt-5', 'o4'] } })).toMatchObject({ code: 'model_not_granted' })
  })

  it('the refusal that came furthest is the one that is told', () => {
    const keys = [
      { ...key, status: 'revoked' },
      { ...key, id: 'pky_2' },
    ]
    const grants = [{ ...grant, ...noTarget, provider: 'openai', operations: ['chat'] }]
    expect(decide({ keys, grants, request: { ...request, operations: ['images'] } })).toMatchObject({ code: 'operation_not_granted' })
  })
})

describe('no use outlives what allows it', () => {
  const ttl = (change: Change) => {
    const decision = evaluatePolicy(factsOf(change))
    return decision.allowed ? decision.maxTtlSeconds : decision.code
  }

  it.each<[string, Change, number]>([
    ['an hour at most', {}, 3_600],
    ['what was asked for', { request: { ttlSeconds: 60 } }, 60],
    ['what the grant gives', { request: { ttlSeconds: 900 }, grant: { maxTtlSeconds: 300 } }, 300],
    ['the life of the key', { key: { expiresAt: later(100.9) } }, 100],
    ['the life of the grant', { grant: { expiresAt: later(90) } }, 90],
    ['the end of the hours', { request: { at: new Date('2026-11-18T16:59:30Z') }, grant: { hours: office } }, 30],
    [
      'midnight is no end where the next day is open too',
      {
        request: { at: new Date('2026-11-18T23:30:00Z') },
        grant: { hours: { timeZone: 'UTC', days: ['wednesday', 'thursday'], from: '00:00', to: '24:00' } },
      },
      3_600,
    ],
    [
      'a span into the next day',
      {
        request: { at: new Date('2026-11-19T05:50:00Z') },
        grant: { hours: { timeZone: 'UTC', days: ['wednesday'], from: '22:00', to: '06:00' } },
      },
      600,
    ],
    [
      'a clock set forward inside the span',
      {
        request: { at: new Date('2026-03-29T00:30:00Z') },
        grant: { hours: { timeZone: 'Europe/Berlin', days: ['sunday'], from: '01:00', to: '03:15' } },
      },
      2_700,
    ],
  ])('%s', (_, change, expected) => {
    expect(ttl(change)).toBe(expected)
  })
})

const name = (...names: string[]) => fc.constantFrom(...names)
const some = (...names: string[]) => fc.subarray(names)
const end = fc.option(fc.integer({ min: -5, max: 5_000 }).map(later))
const anyKey: fc.Arbitrary<PolicyKey> = fc.record({
  id: name('pky_1', 'pky_2', 'pky_3'),
  provider: name('openai', 'anthropic'),
  category: name('llm', 'search'),
  tags: some('a', 'b'),
  environment: fc.option(name('production', 'staging')),
  status: name('active', 'active', 'disabled', 'revoked'),
  delivery: fc.option(name('direct', 'gateway')),
  expiresAt: end,
})
const subject = fc.oneof(
  name('agt_1', 'agt_2').map((agentId) => ({ ...noSubject, agentId })),
  name('prj_1', 'prj_2').map((projectId) => ({ ...noSubject, projectId })),
  name('team_1', 'team_2').map((teamId) => ({ ...noSubject, teamId })),
)
const target = fc.oneof(
  name('pky_1', 'pky_2').map((keyId) => ({ ...noTarget, keyId })),
  name('openai', 'anthropic').map((provider) => ({ ...noTarget, provider })),
  name('llm', 'search').map((category) => ({ ...noTarget, category })),
  name('a', 'b').map((tag) => ({ ...noTarget, tag })),
)
const restrictions = fc.record({
  models: some('gpt-5', 'o*', 'gpt-*'),
  operations: some('chat', 'images'),
  environments: some('production', 'staging'),
  addresses: some('203.0.113.0/24', '10.0.0.0/8'),
  hours: fc.option(fc.constantFrom(office, { ...office, days: ['friday' as const] })),
  maxTtlSeconds: fc.option(fc.integer({ min: 30, max: 3_600 })),
  expiresAt: end,
})
const anyGrant: fc.Arbitrary<PolicyGrant> = fc
  .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: -1, max: 1 }), subject, target, restrictions)
  .map(([id, priority, who, what, limits]) => ({ ...grant, id: `grant_${id}`, priority, ...who, ...what, ...limits }))
const anyFacts: fc.Arbitrary<PolicyFacts> = fc.record({
  agent: fc.constantFrom(agent, agent, { ...agent, teamId: null }, { ...agent, enabled: false }),
  request: fc.record({
    provider: fc.constant('openai'),
    models: some('gpt-5', 'o4'),
    operations: some('chat'),
    address: fc.option(name('203.0.113.7', '10.1.1.1')),
    delivery: fc.option(name('direct', 'gateway'), { nil: undefined }) as fc.Arbitrary<'direct' | 'gateway' | undefined>,
    ttlSeconds: fc.option(fc.integer({ min: 30, max: 3_600 }), { nil: undefined }),
    at: fc.constant(at),
  }),
  keys: fc.uniqueArray(anyKey, { selector: (one) => one.id, maxLength: 3 }),
  grants: fc.uniqueArray(anyGrant, { selector: (one) => one.id, maxLength: 6 }),
})

/** Everything that the decision would let happen: which key by which grant, and for how long. */
function listPermissions(facts: PolicyFacts): Map<string, number> {
  const decision = evaluatePolicy(facts)
  return new Map(decision.allowed ? decision.candidates.map((one) => [`${one.key.id} ${one.grant.id}`, one.maxTtlSeconds]) : [])
}

function expectNoMore(less: PolicyFacts, more: PolicyFacts): void {
  const allowed = listPermissions(more)
  for (const [what, ttlSeconds] of listPermissions(less)) expect(ttlSeconds, what).toBeLessThanOrEqual(allowed.get(what) ?? -1)
}

test('removing a grant never allows more', () => {
  fc.assert(
    fc.property(anyFacts, fc.nat(), (facts, index) => {
      expectNoMore({ ...facts, grants: facts.grants.filter((_, at) => at !== index % Math.max(1, facts.grants.length)) }, facts)
    }),
  )
})

test('adding a restriction to a grant never allows more', () => {
  const isFree = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0)
  fc.assert(
    fc.property(anyFacts, restrictions, fc.nat(), (facts, limits, index) => {
      const grants = facts.grants.map((one, at) => {
        if (at !== index % facts.grants.length) return one
        const added = Object.entries(limits).filter(([field]) => isFree(one[field as keyof typeof limits]))
        return { ...one, ...Object.fromEntries(added) }
      })
      expectNoMore({ ...facts, grants }, facts)
    }),
  )
})

test('the order of grants and keys in the input is irrelevant', () => {
  fc.assert(
    fc.property(anyFacts, fc.infiniteStream(fc.nat()), (facts, numbers) => {
      const shuffle = <T>(items: readonly T[]) =>
        items
          .map((item) => ({ item, at: numbers.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map((one) => one.item)
      expect(evaluatePolicy({ ...facts, grants: shuffle(facts.grants), keys: shuffle(facts.keys) })).toEqual(evaluatePolicy(facts))
    }),
  )
})

test('what is allowed is granted: the chosen grant names this agent and this key, and the key is in use', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const decision = evaluatePolicy(facts)
      fc.pre(decision.allowed)
      expect([decision.grant.agentId, decision.grant.projectId, decision.grant.teamId]).toEqual(
        expect.arrayContaining([expect.stringMatching(/^(agt_1|prj_1|team_1)$/)]),
      )
      expect(decision.key).toMatchObject({ provider: 'openai', status: 'active' })
      expect(decision).toMatchObject(decision.candidates[0] ?? {})
    }),
  )
})
