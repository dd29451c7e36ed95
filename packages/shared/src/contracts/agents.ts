import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { Id, ListQuery, listOf, Text, Timestamp } from './values'

export const Agent = z.object({
  id: Id('agent'),
  name: z.string(),
  projectId: Id('project'),
  description: z.string().nullable(),
  ownerMemberId: Id('member').nullable(),
  enabled: z.boolean().describe('A disabled agent can do nothing: its platform keys and trust rules are refused.'),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Agent = z.infer<typeof Agent>

export const CreateAgent = z.strictObject({
  name: Text(120),
  projectId: Id('project'),
  description: Text(500).nullable().default(null),
  ownerMemberId: Id('member').nullable().optional().describe('Who answers for the agent; absent, the member who creates it.'),
})
export type CreateAgent = z.infer<typeof CreateAgent>

export const UpdateAgent = z
  .strictObject({
    name: Text(120).optional(),
    description: Text(500).nullable().optional(),
    ownerMemberId: Id('member').nullable().optional(),
    enabled: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change at least one field')
  .meta({ minProperties: 1 })
export type UpdateAgent = z.infer<typeof UpdateAgent>

export const ListAgents = ListQuery.extend({
  search: Text(120).optional().describe('Only agents whose name holds this text.'),
  projectId: Id('project').optional(),
  enabled: z.enum(['true', 'false']).optional(),
})
export type ListAgents = z.infer<typeof ListAgents>

export const AgentPage = listOf(Agent)
export type AgentPage = z.infer<typeof AgentPage>

const Count = z.number().int().min(0).max(1_000_000)

export const AgentImpact = z.object({
  agentId: Id('agent'),
  platformKeys: Count.describe('Platform keys that work now and would stop.'),
  grants: Count.describe('Grants that name the agent itself and would go.'),
  trustRules: Count.describe('Trust rules that work now and would go.'),
  liveLeases: z.number().int().min(0).describe('Leases that it holds now and that would end.'),
  spendNanos24h: z.string().describe('What its calls cost in the last 24 hours, from the quarter of an hour that they began in.'),
})
export type AgentImpact = z.infer<typeof AgentImpact>

const AgentParams = z.strictObject({ agentId: Id('agent') })

const example: Agent = {
  id: 'agt_01jd2f8m3n6q9rkvwxyz012345',
  name: 'support-bot',
  projectId: 'prj_01jd2f8m3n6q9rkvwxyz012345',
  description: 'Answers tickets',
  ownerMemberId: null,
  enabled: true,
  createdAt: '2026-11-21T10:00:00.000Z',
  updatedAt: '2026-11-21T10:00:00.000Z',
}

const shared = { tag: 'Agents', authentication: 'credential', tenant: 'organization' } as const

export const listAgents = defineEndpoint({
  ...shared,
  id: 'listAgents',
  method: 'GET',
  path: '/api/v1/agents',
  summary: 'List agents',
  description: 'Newest first.',
  permission: 'agents.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListAgents },
  response: { status: 200, schema: AgentPage },
  errors: ['invalid_cursor'],
  example: { query: { enabled: 'true', limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const createAgent = defineEndpoint({
  ...shared,
  id: 'createAgent',
  method: 'POST',
  path: '/api/v1/agents',
  summary: 'Create an agent',
  description:
    'An agent is the identity of one program in a project. It acts through platform keys or trust rules, and may use what it is granted.',
  permission: 'agents.write',
  audit: 'agent.created',
  rateLimit: 'write',
  request: { body: CreateAgent },
  response: { status: 201, schema: Agent },
  errors: ['not_found'],
  example: { body: { name: example.name, projectId: example.projectId, description: example.description }, response: example },
})

export const getAgent = defineEndpoint({
  ...shared,
  id: 'getAgent',
  method: 'GET',
  path: '/api/v1/agents/{agentId}',
  summary: 'Get an agent',
  permission: 'agents.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: AgentParams },
  response: { status: 200, schema: Agent },
  errors: ['not_found'],
  example: { params: { agentId: example.id }, response: example },
})

export const updateAgent = defineEndpoint({
  ...shared,
  id: 'updateAgent',
  method: 'PATCH',
  path: '/api/v1/agents/{agentId}',
  summary: 'Change, disable or enable an agent',
  description: 'Only the fields that are sent change. Disabling stops its platform keys and trust rules at once, on every replica.',
  permission: 'agents.write',
  audit: 'agent.updated',
  rateLimit: 'write',
  request: { params: AgentParams, body: UpdateAgent },
  response: { status: 200, schema: Agent },
  errors: ['not_found'],
  example: { params: { agentId: example.id }, body: { enabled: false }, response: { ...example, enabled: false } },
})

export const getAgentImpact = defineEndpoint({
  ...shared,
  id: 'getAgentImpact',
  method: 'GET',
  path: '/api/v1/agents/{agentId}/impact',
  summary: 'What would stop without this agent?',
  description: 'Ask before disabling or deleting it.',
  permission: 'agents.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: AgentParams },
  response: { status: 200, schema: AgentImpact },
  errors: ['not_found'],
  example: {
    params: { agentId: example.id },
    response: { agentId: example.id, platformKeys: 1, grants: 2, trustRules: 0, liveLeases: 3, spendNanos24h: '1250000000' },
  },
})

export const deleteAgent = defineEndpoint({
  ...shared,
  id: 'deleteAgent',
  method: 'DELETE',
  path: '/api/v1/agents/{agentId}',
  summary: 'Delete an agent',
  description:
    'The agent leaves every list; its grants and trust rules go with it and its platform keys stop at once. What it spent stays in the ledger and in the audit trail.',
  permission: 'agents.write',
  audit: 'agent.deleted',
  rateLimit: 'write',
  request: { params: AgentParams },
  response: { status: 204 },
  errors: ['not_found'],
  example: { params: { agentId: example.id } },
})
