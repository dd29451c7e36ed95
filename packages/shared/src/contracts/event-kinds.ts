/** Every kind of event that a webhook can ask for, and what it says. */
export const eventKinds = {
  'key.created': 'A provider key was stored.',
  'key.rotated': 'A provider key got a new value.',
  'key.revoked': 'A provider key was revoked.',
  'key.deleted': 'A provider key was deleted.',
  'key.restored': 'A deleted provider key was restored.',
  'key.verification_failed': 'The provider refused a provider key.',
  'security.agent_disabled': 'An agent was disabled or deleted; its platform keys and trust rules stopped.',
  'security.webhook_disabled': 'A webhook was disabled after five days of nothing but failures.',
  'security.webhook_failed': 'A delivery to a webhook was given up after a day of attempts.',
} as const

export type EventKind = keyof typeof eventKinds
