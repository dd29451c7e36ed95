import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { Id, ListQuery, listOf, Text, Timestamp } from './values'

const ValueKind = z.enum(['agent', 'project', 'team', 'member'])

export const Assignment = z
  .union([
    z.strictObject({ agentId: Id('agent') }),
    z.strictObject({ projectId: Id('project') }),
    z.strictObject({ teamId: Id('team') }),
    z.strictObject({ memberId: Id('member') }),
    z.strictObject({
      from: z.literal('value'),
      as: ValueKind.describe('The value of the attribute is its id or its name, a member’s is its id or its e-mail address.'),
    }),
  ])
  .describe(
    'Whose a call is that fits. An agent brings its project, team, environment and owner with it, a project its team and environment. What is deleted, or is named by several, is nobody.',
  )
export type Assignment = z.infer<typeof Assignment>

const Attribute = z
  .string()
  .regex(/^[\x21-\x7e]{1,100}$/, 'the name of an attribute')
  .describe('An attribute of the span, the log record or its resource.')
  .meta({ example: 'service.name' })
const Pattern = Text(200).describe('The whole value; * stands for anything, also for nothing.').meta({ example: 'checkout-*' })
const Position = z.number().int().min(0).max(1_000_000).describe('Rules are tried from the lowest on.')

export const AttributionRule = z.object({
  id: Id('attributionRule'),
  name: z.string(),
  position: Position,
  attribute: z.string(),
  pattern: z.string(),
  assign: Assignment,
  createdBy: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type AttributionRule = z.infer<typeof AttributionRule>

export const CreateAttributionRule = z.strictObject({
  name: Text(120),
  position: Position.default(100),
  attribute: Attribute,
  pattern: Pattern,
  assign: Assignment,
})
export type CreateAttributionRule = z.infer<typeof CreateAttributionRule>

export const UpdateAttributionRule = z
  .strictObject({
    name: Text(120).optional(),
    position: Position.optional(),
    attribute: Attribute.optional(),
    pattern: Pattern.optional(),
    assign: Assignment.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change at least one field')
  .meta({ minProperties: 1 })
export type UpdateAttributionRule = z.infer<typeof UpdateAttributionRule>

export const ListAttributionRules = ListQuery.extend({
  attribute: z.string().min(1).max(100).optional().describe('Only rules that look at this attribute.'),
})
export type ListAttributionRules = z.infer<typeof ListAttributionRules>

export const AttributionRulePage = listOf(AttributionRule)
export type AttributionRulePage = z.infer<typeof AttributionRulePage>

const AttributionRuleParams = z.strictObject({ attributionRuleId: Id('attributionRule') })

const example: AttributionRule = {
  id: 'attr_01jd2f8m3n6q9rkvwxyz012345',
  name: 'Checkout services',
  position: 100,
  attribute: 'service.name',
  pattern: 'checkout-*',
  assign: { projectId: 'prj_01jd2f8m3n6q9rkvwxyz012345' },
  createdBy: 'bootstrap',
  createdAt: '2026-11-21T10:00:00.000Z',
  updatedAt: '2026-11-21T10:00:00.000Z',
}

const shared = { tag: 'Attribution rules', authentication: 'credential', tenant: 'organization' } as const

export const listAttributionRules = defineEndpoint({
  ...shared,
  id: 'listAttributionRules',
  method: 'GET',
  path: '/api/v1/attribution-rules',
  summary: 'List attribution rules',
  description: 'In the order in which they are tried.',
  permission: 'attribution.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListAttributionRules },
  response: { status: 200, schema: AttributionRulePage },
  errors: ['invalid_cursor'],
  example: { query: { attribute: example.attribute, limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const createAttributionRule = defineEndpoint({
  ...shared,
  id: 'createAttributionRule',
  method: 'POST',
  path: '/api/v1/attribution-rules',
  summary: 'Say whose calls a collector reports',
  description:
    'Looked at for calls that are reported without a lease by a key that acts for no agent; the key of an agent reports that agent’s calls, whatever their attributes say. The first rule that fits and fills a field, such as the project, fills it: several rules may fill one call together. Holds for calls that are reported from now on.',
  permission: 'attribution.write',
  audit: 'attribution-rule.created',
  rateLimit: 'write',
  request: { body: CreateAttributionRule },
  response: { status: 201, schema: AttributionRule },
  errors: ['not_found', 'too_many_rules'],
  example: {
    body: {
      name: example.name,
      position: example.position,
      attribute: example.attribute,
      pattern: example.pattern,
      assign: example.assign,
    },
    response: example,
  },
})

export const getAttributionRule = defineEndpoint({
  ...shared,
  id: 'getAttributionRule',
  method: 'GET',
  path: '/api/v1/attribution-rules/{attributionRuleId}',
  summary: 'Get an attribution rule',
  permission: 'attribution.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: AttributionRuleParams },
  response: { status: 200, schema: AttributionRule },
  errors: ['not_found'],
  example: { params: { attributionRuleId: example.id }, response: example },
})

export const updateAttributionRule = defineEndpoint({
  ...shared,
  id: 'updateAttributionRule',
  method: 'PATCH',
  path: '/api/v1/attribution-rules/{attributionRuleId}',
  summary: 'Change an attribution rule',
  description: 'Only the fields that are sent change. Calls that are in the ledger stay whose they are.',
  permission: 'attribution.write',
  audit: 'attribution-rule.updated',
  rateLimit: 'write',
  request: { params: AttributionRuleParams, body: UpdateAttributionRule },
  response: { status: 200, schema: AttributionRule },
  errors: ['not_found'],
  example: { params: { attributionRuleId: example.id }, body: { pattern: 'checkout*' }, response: { ...example, pattern: 'checkout*' } },
})

export const deleteAttributionRule = defineEndpoint({
  ...shared,
  id: 'deleteAttributionRule',
  method: 'DELETE',
  path: '/api/v1/attribution-rules/{attributionRuleId}',
  summary: 'Delete an attribution rule',
  permission: 'attribution.write',
  audit: 'attribution-rule.deleted',
  rateLimit: 'write',
  request: { params: AttributionRuleParams },
  response: { status: 204 },
  errors: ['not_found'],
  example: { params: { attributionRuleId: example.id } },
})
