/** Every kind of event that a webhook can ask for, and what it says. */
export const eventKinds = {
  'key.created': 'A provider key was stored.',
  'key.rotated': 'A provider key got a new value.',
  'key.revoked': 'A provider key was revoked.',
  'key.deleted': 'A provider key was deleted.',
  'key.restored': 'A deleted provider key was restored.',
  'key.verification_failed': 'The provider refused a provider key.',
  'key.unhealthy': 'A provider key stopped working: refused, out of quota, or out of reach for several checks.',
  'key.recovered': 'A provider key works again.',
  'key.expiring': 'A provider key expires in 30, 14, 7 or 1 days.',
  'key.expired': 'A provider key expired.',
  'key.aging': 'The value of a provider key reaches the age limit in 30, 14, 7 or 1 days.',
  'key.aged': 'The value of a provider key is older than the age limit of 90 days.',
  'provider.degraded': 'Calls to a provider fail; the payload says whether it is degraded or down.',
  'provider.recovered': 'Calls to a provider succeed again.',
  'price.missing': 'A call could not be priced: its model, or a part of what it used, has no price. At most once a day and model.',
  'security.agent_disabled': 'An agent was disabled or deleted; its platform keys and trust rules stopped.',
  'security.lease_shared': 'Two processes reported calls under one lease; the lease was ended.',
  'security.webhook_disabled': 'A webhook was disabled after five days of nothing but failures.',
  'security.webhook_failed': 'A delivery to a webhook was given up after a day of attempts.',
} as const

export type EventKind = keyof typeof eventKinds
