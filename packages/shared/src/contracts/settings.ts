import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { AddressRange } from './platform-keys'
import { Id, Text, Timestamp } from './values'

const TimeZone = z.string().max(64).refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin').meta({ example: 'Europe/Berlin' })

const fields = {
  name: Text(120),
  timeZone: TimeZone.describe('Days, weeks and months of the organization begin in this zone.'),
  sessionIdleMinutes: z.number().int().min(5).max(1440).describe('A session ends after so many minutes without a request.'),
  sessionAbsoluteHours: z.number().int().min(1).max(720).describe('A session ends so many hours after sign-in at the latest.'),
  auditRetentionDays: z.number().int().min(30).max(3650).describe('Audit entries are kept at least so long.'),
  healthCheckMinutes: z
    .number()
    .int()
    .min(5)
    .max(1440)
    .nullable()
    .describe('How often each active provider key is checked with its provider, give or take a fifth; null is never.'),
  maxLeaseSeconds: z.number().int().min(30).max(3600).describe('No lease is issued or renewed for longer at a time.'),
  peopleAddresses: z
    .array(AddressRange)
    .max(100)
    .describe('Where people may come from; empty: from anywhere. A list without your present address is refused.'),
  trustedCostScopes: z
    .array(Text(100))
    .max(50)
    .refine((names) => new Set(names).size === names.length, 'must not name a scope twice')
    .describe('Instrumentation scopes, by their whole name, whose reported cost is the cost; what others report is kept beside it.'),
}

export const Settings = z.object({ organizationId: Id('organization'), ...fields, updatedAt: Timestamp })
export type Settings = z.infer<typeof Settings>

export const UpdateSettings = z
  .strictObject(fields)
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change at least one field')
  .meta({ minProperties: 1 })
export type UpdateSettings = z.infer<typeof UpdateSettings>

const example: Settings = {
  organizationId: 'org_01jd2f8m3n6q9rkvwxyz012345',
  name: 'Example Ltd',
  timeZone: 'Europe/Berlin',
  sessionIdleMinutes: 60,
  sessionAbsoluteHours: 24,
  auditRetentionDays: 400,
  healthCheckMinutes: 60,
  maxLeaseSeconds: 3600,
  peopleAddresses: [],
  trustedCostScopes: [],
  updatedAt: '2026-11-21T10:00:00.000Z',
}

const shared = { tag: 'Settings', path: '/api/v1/settings', authentication: 'credential', tenant: 'organization' } as const

export const getSettings = defineEndpoint({
  ...shared,
  id: 'getSettings',
  method: 'GET',
  summary: 'Get the settings of the organization',
  permission: 'settings.read',
  audit: 'none',
  rateLimit: 'read',
  request: {},
  response: { status: 200, schema: Settings },
  errors: [],
  example: { response: example },
})

export const updateSettings = defineEndpoint({
  ...shared,
  id: 'updateSettings',
  method: 'PATCH',
  summary: 'Change the settings of the organization',
  description: 'Only the fields that are sent change. Every replica obeys within a second.',
  permission: 'settings.write',
  audit: 'settings.updated',
  rateLimit: 'write',
  request: { body: UpdateSettings },
  response: { status: 200, schema: Settings },
  errors: ['would_lock_out'],
  stepUp: true,
  example: { body: { timeZone: 'Europe/Berlin', sessionIdleMinutes: 30 }, response: { ...example, sessionIdleMinutes: 30 } },
})

/** A name that the runtime knows; an offset such as +02:00 has no daylight saving and is none. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
