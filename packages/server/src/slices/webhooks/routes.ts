import * as deliveries from '@keylease/shared/contracts/deliveries'
import * as contract from '@keylease/shared/contracts/webhooks'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listDeliveryPage,
  listWebhookPage,
  retryDelivery,
  testWebhook,
  updateWebhook,
} from './service'

export const webhookRoutes = (deps: Deps): Route[] => [
  handle(contract.listWebhooks, ({ actor, query }) => listWebhookPage(deps, actor, query)),
  handle(contract.createWebhook, ({ actor, body }) => createWebhook(deps, actor, body)),
  handle(contract.getWebhook, ({ actor, params }) => getWebhook(deps, actor, params.webhookId)),
  handle(contract.updateWebhook, ({ actor, params, body }) => updateWebhook(deps, actor, params.webhookId, body)),
  handle(contract.deleteWebhook, ({ actor, params }) => deleteWebhook(deps, actor, params.webhookId)),
  handle(deliveries.testWebhook, ({ actor, params }) => testWebhook(deps, actor, params.webhookId)),
  handle(deliveries.listDeliveries, ({ actor, params, query }) => listDeliveryPage(deps, actor, params.webhookId, query)),
  handle(deliveries.retryDelivery, ({ actor, params }) => retryDelivery(deps, actor, params.deliveryId)),
]
