import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { GrantRestrictions } from './grant-restrictions'
import { Id, Timestamp } from './values'

/** Why an agent may not use a key, from what is looked at first to what is looked at last. */
export const refusalCodes = [
  'agent_disabled',
  'no_grant',
  'grant_expired',
  'key_revoked',
  'key_disabled',
  'key_expired',
  'environment_mismatch',
  'delivery_not_allowed',
  'address_refused',
  'outside_hours',
  'operation_not_granted',
  'model_not_granted',
] as const
export type RefusalCode = (typeof refusalCodes)[number]

export const deliveries = ['gateway', 'direct', 'minted'] as const

export const PolicyQuestion = z
  .strictObject({
    provider: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/)
      .optional(),
    keyId: Id('providerKey').optional(),
    models: z.array(z.string().min(1).max(200)).max(100).default([]),
    operations: z.array(z.string().min(1).max(60)).max(50).default([]),
    address: z
      .union([z.ipv4(), z.ipv6()])
      .optional()
      .describe('Where the request would come from. Left out, a grant that restricts addresses refuses.'),
    delivery: z.enum(deliveries).optional(),
    ttlSeconds: z.number().int().min(30).max(3_600).optional(),
    at: Timestamp.optional().describe('The moment to ask about; now, if left out.'),
  })
  .refine((question) => (question.provider === undefined) !== (question.keyId === undefined), 'must name either provider or keyId')
export type PolicyQuestion = z.infer<typeof PolicyQuestion>

const Candidate = z.object({ keyId: Id('providerKey'), grantId: Id('grant') })

export const PolicyAnswer = z.object({
  allowed: z.boolean(),
  code: z.enum(refusalCodes).nullable(),
  sentence: z.string(),
  keyId: Id('providerKey').nullable(),
  grantId: Id('grant').nullable(),
  maxTtlSeconds: z.number().int().min(0).max(3_600).nullable(),
  restrictions: GrantRestrictions.omit({ priority: true, environments: true, maxTtlSeconds: true })
    .nullable()
    .describe('What the use would be limited to.'),
  candidates: z.array(Candidate).describe('Everything that fits, best first.'),
})
export type PolicyAnswer = z.infer<typeof PolicyAnswer>

const exampleKey = 'pky_01jd2f8m3n6q9rkvwxyz012345'
const exampleGrant = 'grant_01jd2f8m3n6q9rkvwxyz012345'

export const checkPolicy = defineEndpoint({
  tag: 'Grants',
  authentication: 'credential',
  tenant: 'organization',
  id: 'checkPolicy',
  method: 'POST',
  path: '/api/v1/agents/{agentId}/policy-check',
  summary: 'Why may this agent, or why may it not?',
  description: 'The decision that a lease would meet, in words. Nothing is leased.',
  permission: 'grants.read',
  audit: 'agent.policy-checked',
  rateLimit: 'write',
  request: { params: z.strictObject({ agentId: Id('agent') }), body: PolicyQuestion },
  response: { status: 200, schema: PolicyAnswer },
  errors: ['not_found'],
  example: {
    params: { agentId: 'agt_01jd2f8m3n6q9rkvwxyz012345' },
    body: { provider: 'openai', models: ['gpt-5-mini'], address: '203.0.113.7' },
    response: {
      allowed: true,
      code: null,
      sentence:
        'The agent may use the key pky_01jd2f8m3n6q9rkvwxyz012345 for at most 900 seconds at a time, by its own grant for the provider openai.',
      keyId: exampleKey,
      grantId: exampleGrant,
      maxTtlSeconds: 900,
      restrictions: {
        models: ['gpt-5-mini'],
        operations: [],
        addresses: [],
        hours: null,
        requestsPerMinute: null,
        tokensPerMinute: null,
        defaultMaxOutputTokens: 1024,
      },
      candidates: [{ keyId: exampleKey, grantId: exampleGrant }],
    },
  },
})
