import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { Id, ListQuery, listOf, Timestamp } from './values'
import { exampleWebhook } from './webhooks'

export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const

export const Delivery = z.object({
  id: Id('delivery'),
  webhookId: Id('webhook'),
  eventId: Id('event'),
  kind: z.string(),
  status: z.enum(deliveryStatuses),
  attempts: z.number().int().min(0).max(1_000),
  nextAttemptAt: Timestamp.nullable(),
  lastAttemptAt: Timestamp.nullable(),
  answerStatus: z.number().int().min(100).max(999).nullable(),
  answerExcerpt: z.string().nullable().describe('The beginning of what the receiver answered last.'),
  failure: z.string().nullable().describe('Why the last attempt failed.'),
  latencyMs: z.number().int().min(0).max(600_000).nullable(),
  createdAt: Timestamp,
})
export type Delivery = z.infer<typeof Delivery>

export const ListDeliveries = ListQuery.extend({ status: z.enum(deliveryStatuses).optional() })
export type ListDeliveries = z.infer<typeof ListDeliveries>

export const DeliveryPage = listOf(Delivery)
export type DeliveryPage = z.infer<typeof DeliveryPage>

const params = z.strictObject({ webhookId: Id('webhook') })

const pending: Delivery = {
  id: 'dlv_01jd2f8m3n6q9rkvwxyz012345',
  webhookId: exampleWebhook.id,
  eventId: 'evt_01jd2f8m3n6q9rkvwxyz012345',
  kind: 'key.rotated',
  status: 'pending',
  attempts: 0,
  nextAttemptAt: '2026-11-21T10:00:00.000Z',
  lastAttemptAt: null,
  answerStatus: null,
  answerExcerpt: null,
  failure: null,
  latencyMs: null,
  createdAt: '2026-11-21T10:00:00.000Z',
}
const delivered: Delivery = {
  ...pending,
  status: 'delivered',
  attempts: 1,
  nextAttemptAt: null,
  lastAttemptAt: '2026-11-21T10:00:01.000Z',
  answerStatus: 204,
  answerExcerpt: '',
  latencyMs: 37,
}

const shared = { tag: 'Webhooks', authentication: 'credential', tenant: 'organization' } as const

export const testWebhook = defineEndpoint({
  ...shared,
  id: 'testWebhook',
  method: 'POST',
  path: '/api/v1/webhooks/{webhookId}/test',
  summary: 'Send a test event to a webhook',
  description: 'Answers with the delivery, which is sent at once; its history tells what came of it.',
  permission: 'webhooks.write',
  audit: 'webhook.tested',
  rateLimit: 'write',
  request: { params },
  response: { status: 202, schema: Delivery },
  errors: ['not_found'],
  example: { params: { webhookId: exampleWebhook.id }, response: { ...pending, kind: 'webhook.test' } },
})

export const listDeliveries = defineEndpoint({
  ...shared,
  id: 'listDeliveries',
  method: 'GET',
  path: '/api/v1/webhooks/{webhookId}/deliveries',
  summary: 'List the deliveries to a webhook',
  description: 'Newest first. Kept for 30 days.',
  permission: 'webhooks.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params, query: ListDeliveries },
  response: { status: 200, schema: DeliveryPage },
  errors: ['not_found', 'invalid_cursor'],
  example: {
    params: { webhookId: exampleWebhook.id },
    query: { status: 'delivered' },
    response: { items: [delivered], nextCursor: null, total: 1 },
  },
})

export const retryDelivery = defineEndpoint({
  ...shared,
  id: 'retryDelivery',
  method: 'POST',
  path: '/api/v1/webhooks/deliveries/{deliveryId}/retry',
  summary: 'Deliver again',
  description: 'Sends the event once more under the same delivery id, whatever became of it before, with a new day of attempts.',
  permission: 'webhooks.write',
  audit: 'delivery.retried',
  rateLimit: 'write',
  request: { params: z.strictObject({ deliveryId: Id('delivery') }) },
  response: { status: 202, schema: Delivery },
  errors: ['not_found'],
  example: { params: { deliveryId: pending.id }, response: pending },
})
