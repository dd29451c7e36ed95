import { randomBytes } from 'node:crypto'
import type { Deps } from '../../deps'
import type { SealContext } from '../../platform/cipher'

export const createWebhookSecret = () => `whsec_${randomBytes(32).toString('base64url')}`

export const webhookSecretContext = (organizationId: string, webhookId: string): SealContext => ({
  organizationId,
  recordId: webhookId,
  version: 1,
  purpose: 'webhook-secret',
})

export async function sealWebhookSecret({ cipher }: Pick<Deps, 'cipher'>, organizationId: string, webhookId: string, secret: string) {
  return new Uint8Array(await cipher.seal(webhookSecretContext(organizationId, webhookId), Buffer.from(secret)))
}
