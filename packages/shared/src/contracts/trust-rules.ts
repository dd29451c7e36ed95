import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { Id, ListQuery, listOf, Text, Timestamp } from './values'

const SubjectPattern = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x21-\x7e]+$/, 'visible ASCII characters without spaces')
  .describe('The whole subject; * stands for anything within one part between colons, ** for anything at all.')

const ClaimName = z.string().regex(/^[A-Za-z0-9_./:-]{1,128}$/, 'the name of a claim')
const Claims = z
  .record(ClaimName, z.union([z.string().max(512), z.number(), z.boolean()]))
  .refine((claims) => Object.keys(claims).length <= 20, 'must not name more than 20 claims')
  .refine((claims) => !['iss', 'sub', 'aud', 'exp', 'nbf', 'iat'].some((name) => Object.hasOwn(claims, name)), {
    message: 'must not hold iss, sub, aud or times: the rule and the service decide about those',
  })
  .describe('Further claims that a token must hold exactly; a claim that is a list must contain the value.')

const Issuer = z
  .string()
  .min(1)
  .max(512)
  .describe('The iss of the tokens: an https URL, compared to the letter.')
  .meta({ example: 'https://token.actions.githubusercontent.com' })

export const TrustRule = z.object({
  id: Id('trustRule'),
  agentId: Id('agent'),
  name: z.string(),
  issuer: z.string(),
  subjectPattern: z.string(),
  claims: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  enabled: z.boolean(),
  audience: z.string().describe('What tokens must hold as their aud: the public URL of this service and the id of the organization.'),
  lastUsedAt: Timestamp.nullable(),
  lastUsedAddress: z.string().nullable(),
  lastUsedSubject: z.string().nullable().describe('The sub of the token that was last let in.'),
  createdBy: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type TrustRule = z.infer<typeof TrustRule>

export const CreateTrustRule = z.strictObject({
  agentId: Id('agent'),
  name: Text(120),
  issuer: Issuer,
  subjectPattern: SubjectPattern,
  claims: Claims.default({}),
})
export type CreateTrustRule = z.infer<typeof CreateTrustRule>

export const UpdateTrustRule = z
  .strictObject({
    name: Text(120).optional(),
    issuer: Issuer.optional(),
    subjectPattern: SubjectPattern.optional(),
    claims: Claims.optional(),
    enabled: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change at least one field')
  .meta({ minProperties: 1 })
export type UpdateTrustRule = z.infer<typeof UpdateTrustRule>

export const ListTrustRules = ListQuery.extend({
  search: Text(120).optional().describe('Only rules whose name holds this text.'),
  agentId: Id('agent').optional(),
  enabled: z.enum(['true', 'false']).optional(),
})
export type ListTrustRules = z.infer<typeof ListTrustRules>

export const TrustRulePage = listOf(TrustRule)
export type TrustRulePage = z.infer<typeof TrustRulePage>

export const TokenClaims = z.strictObject({
  claims: z.record(z.string().max(128), z.unknown()).describe('The claims of a token, as its payload holds them.'),
})
export type TokenClaims = z.infer<typeof TokenClaims>

export const TrustVerdict = z.object({ matches: z.boolean(), why: z.string() })
export type TrustVerdict = z.infer<typeof TrustVerdict>

const TrustRuleParams = z.strictObject({ trustRuleId: Id('trustRule') })

const example: TrustRule = {
  id: 'trust_01jd2f8m3n6q9rkvwxyz012345',
  agentId: 'agt_01jd2f8m3n6q9rkvwxyz012345',
  name: 'Deploy workflow',
  issuer: 'https://token.actions.githubusercontent.com',
  subjectPattern: 'repo:acme/checkout:ref:refs/heads/main',
  claims: { repository_id: '123456' },
  enabled: true,
  audience: 'https://keys.example.com/org_01jd2f8m3n6q9rkvwxyz012345',
  lastUsedAt: '2026-11-21T10:00:00.000Z',
  lastUsedAddress: '192.0.2.7',
  lastUsedSubject: 'repo:acme/checkout:ref:refs/heads/main',
  createdBy: 'bootstrap',
  createdAt: '2026-11-21T10:00:00.000Z',
  updatedAt: '2026-11-21T10:00:00.000Z',
}

const shared = { tag: 'Trust rules', authentication: 'credential', tenant: 'organization' } as const

export const listTrustRules = defineEndpoint({
  ...shared,
  id: 'listTrustRules',
  method: 'GET',
  path: '/api/v1/trust-rules',
  summary: 'List trust rules',
  description: 'Newest first.',
  permission: 'agents.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListTrustRules },
  response: { status: 200, schema: TrustRulePage },
  errors: ['invalid_cursor'],
  example: { query: { agentId: example.agentId, limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const createTrustRule = defineEndpoint({
  ...shared,
  id: 'createTrustRule',
  method: 'POST',
  path: '/api/v1/trust-rules',
  summary: 'Trust a workload identity',
  description:
    'Tokens of this issuer whose subject and claims fit act as the agent, without any stored secret, until they end: such a token is sent as the Bearer in place of a platform key, and may lease and nothing else. Where several rules fit one token, a rule that writes the whole subject out goes first; rules of different agents that fit alike refuse it. A rule that nearly anybody fits is refused: a GitHub rule names one repository.',
  permission: 'agents.write',
  audit: 'trust-rule.created',
  rateLimit: 'write',
  request: { body: CreateTrustRule },
  response: { status: 201, schema: TrustRule },
  errors: ['url_not_allowed', 'not_found'],
  example: {
    body: {
      agentId: example.agentId,
      name: example.name,
      issuer: example.issuer,
      subjectPattern: example.subjectPattern,
      claims: example.claims,
    },
    response: example,
  },
})

export const getTrustRule = defineEndpoint({
  ...shared,
  id: 'getTrustRule',
  method: 'GET',
  path: '/api/v1/trust-rules/{trustRuleId}',
  summary: 'Get a trust rule',
  permission: 'agents.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: TrustRuleParams },
  response: { status: 200, schema: TrustRule },
  errors: ['not_found'],
  example: { params: { trustRuleId: example.id }, response: example },
})

export const updateTrustRule = defineEndpoint({
  ...shared,
  id: 'updateTrustRule',
  method: 'PATCH',
  path: '/api/v1/trust-rules/{trustRuleId}',
  summary: 'Change, disable or enable a trust rule',
  description: 'Only the fields that are sent change.',
  permission: 'agents.write',
  audit: 'trust-rule.updated',
  rateLimit: 'write',
  request: { params: TrustRuleParams, body: UpdateTrustRule },
  response: { status: 200, schema: TrustRule },
  errors: ['url_not_allowed', 'not_found'],
  example: { params: { trustRuleId: example.id }, body: { enabled: false }, response: { ...example, enabled: false } },
})

export const testTrustRule = defineEndpoint({
  ...shared,
  id: 'testTrustRule',
  method: 'POST',
  path: '/api/v1/trust-rules/{trustRuleId}/test',
  summary: 'Would these claims fit?',
  description:
    'Compares claims with the rule and says why they fit or not. Nothing is issued; signature, audience and times of a token are not looked at here.',
  permission: 'agents.read',
  audit: 'trust-rule.tested',
  rateLimit: 'write',
  request: { params: TrustRuleParams, body: TokenClaims },
  response: { status: 200, schema: TrustVerdict },
  errors: ['not_found'],
  example: {
    params: { trustRuleId: example.id },
    body: { claims: { iss: example.issuer, sub: 'repo:acme/checkout:ref:refs/heads/next', repository_id: '123456' } },
    response: { matches: false, why: 'The subject does not fit repo:acme/checkout:ref:refs/heads/main.' },
  },
})

export const deleteTrustRule = defineEndpoint({
  ...shared,
  id: 'deleteTrustRule',
  method: 'DELETE',
  path: '/api/v1/trust-rules/{trustRuleId}',
  summary: 'Delete a trust rule',
  permission: 'agents.write',
  audit: 'trust-rule.deleted',
  rateLimit: 'write',
  request: { params: TrustRuleParams },
  response: { status: 204 },
  errors: ['not_found'],
  example: { params: { trustRuleId: example.id } },
})
