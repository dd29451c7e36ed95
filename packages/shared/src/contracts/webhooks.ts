import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { type EventKind, eventKinds } from './event-kinds'
import { Id, ListQuery, listOf, Text, Timestamp } from './values'

const kindNames = Object.keys(eventKinds) as EventKind[]
const groupNames = [...new Set(kindNames.map((kind) => `${kind.split('.')[0]}.*`))]

const EventFilter = z
  .enum([...kindNames, ...groupNames])
  .describe('One kind of event, or a group such as key.*.')
  .meta({ example: 'key.*' })

const Url = z.string().min(1).max(2_048).describe('An https URL of a public host.').meta({ example: 'https://hooks.example.com/keylease' })

const WebhookSecret = z
  .string()
  .regex(/^[\x21-\x7e]{24,256}$/, 'must be 24 to 256 visible ASCII characters')
  .describe('What deliveries are signed with; left out, the service makes one.')
  .meta({ example: 'whsec_Yk3vT0r9Qm5xN7bL2wZ8' })

export const Webhook = z.object({
  id: Id('webhook'),
  url: z.string(),
  description: z.string().nullable(),
  kinds: z.array(z.string()),
  enabled: z.boolean(),
  disabledReason: z.string().nullable().describe('Why the service itself disabled it.'),
  failingSince: Timestamp.nullable().describe('Since when nothing but failures.'),
  createdBy: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Webhook = z.infer<typeof Webhook>

export const CreatedWebhook = Webhook.extend({ secret: z.string().describe('Shown once.') })
export type CreatedWebhook = z.infer<typeof CreatedWebhook>

const Kinds = z
  .array(EventFilter)
  .min(1)
  .max(50)
  .refine((kinds) => new Set(kinds).size === kinds.length, 'must not name anything twice')

export const CreateWebhook = z.strictObject({
  url: Url,
  kinds: Kinds,
  description: Text(200).nullable().default(null),
  secret: WebhookSecret.optional(),
})
export type CreateWebhook = z.infer<typeof CreateWebhook>

export const UpdateWebhook = z
  .strictObject({
    url: Url.optional(),
    kinds: Kinds.optional(),
    description: Text(200).nullable().optional(),
    enabled: z.boolean().optional(),
    secret: WebhookSecret.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change at least one field')
  .meta({ minProperties: 1 })
export type UpdateWebhook = z.infer<typeof UpdateWebhook>

export const ListWebhooks = ListQuery.extend({ enabled: z.enum(['true', 'false']).optional() })
export type ListWebhooks = z.infer<typeof ListWebhooks>

export const WebhookPage = listOf(Webhook)
export type WebhookPage = z.infer<typeof WebhookPage>

const WebhookParams = z.strictObject({ webhookId: Id('webhook') })

export const exampleWebhook: Webhook = {
  id: 'whk_01jd2f8m3n6q9rkvwxyz012345',
  url: 'https://hooks.example.com/keylease',
  description: 'Pager of the platform team',
  kinds: ['key.*', 'security.agent_disabled'],
  enabled: true,
  disabledReason: null,
  failingSince: null,
  createdBy: 'bootstrap',
  createdAt: '2026-11-21T10:00:00.000Z',
  updatedAt: '2026-11-21T10:00:00.000Z',
}

const shared = { tag: 'Webhooks', authentication: 'credential', tenant: 'organization' } as const

export const listWebhooks = defineEndpoint({
  ...shared,
  id: 'listWebhooks',
  method: 'GET',
  path: '/api/v1/webhooks',
  summary: 'List webhooks',
  description: 'Newest first.',
  permission: 'webhooks.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListWebhooks },
  response: { status: 200, schema: WebhookPage },
  errors: ['invalid_cursor'],
  example: { query: { enabled: 'true', limit: '20' }, response: { items: [exampleWebhook], nextCursor: null, total: 1 } },
})

export const createWebhook = defineEndpoint({
  ...shared,
  id: 'createWebhook',
  method: 'POST',
  path: '/api/v1/webhooks',
  summary: 'Create a webhook',
  description:
    'Events are sent as POST with Keylease-Event, Keylease-Delivery and Keylease-Signature: t=SECONDS,v1=HEX, where HEX is the HMAC-SHA-256 of "SECONDS.BODY" under the secret. A delivery may come more than once, under the same Keylease-Delivery, and in any order; answer 2xx within 10 seconds.',
  permission: 'webhooks.write',
  audit: 'webhook.created',
  rateLimit: 'write',
  request: { body: CreateWebhook },
  response: { status: 201, schema: CreatedWebhook },
  errors: ['url_not_allowed', 'secret_already_shown'],
  secretResponse: true,
  example: {
    body: { url: exampleWebhook.url, kinds: exampleWebhook.kinds, description: exampleWebhook.description },
    response: { ...exampleWebhook, secret: 'whsec_Yk3vT0r9Qm5xN7bL2wZ8cD1eF4gH6jK0pR' },
  },
})

export const getWebhook = defineEndpoint({
  ...shared,
  id: 'getWebhook',
  method: 'GET',
  path: '/api/v1/webhooks/{webhookId}',
  summary: 'Get a webhook',
  permission: 'webhooks.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: WebhookParams },
  response: { status: 200, schema: Webhook },
  errors: ['not_found'],
  example: { params: { webhookId: exampleWebhook.id }, response: exampleWebhook },
})

export const updateWebhook = defineEndpoint({
  ...shared,
  id: 'updateWebhook',
  method: 'PATCH',
  path: '/api/v1/webhooks/{webhookId}',
  summary: 'Change, disable or enable a webhook',
  description: 'Only the fields that are sent change. Disabling gives up what is still to be delivered; enabling forgets earlier failures.',
  permission: 'webhooks.write',
  audit: 'webhook.updated',
  rateLimit: 'write',
  request: { params: WebhookParams, body: UpdateWebhook },
  response: { status: 200, schema: Webhook },
  errors: ['url_not_allowed', 'not_found'],
  example: { params: { webhookId: exampleWebhook.id }, body: { enabled: false }, response: { ...exampleWebhook, enabled: false } },
})

export const deleteWebhook = defineEndpoint({
  ...shared,
  id: 'deleteWebhook',
  method: 'DELETE',
  path: '/api/v1/webhooks/{webhookId}',
  summary: 'Delete a webhook',
  description: 'What is still to be delivered is given up.',
  permission: 'webhooks.write',
  audit: 'webhook.deleted',
  rateLimit: 'write',
  request: { params: WebhookParams },
  response: { status: 204 },
  errors: ['not_found'],
  example: { params: { webhookId: exampleWebhook.id } },
})
