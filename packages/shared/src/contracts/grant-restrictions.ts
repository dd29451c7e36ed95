import { z } from 'zod'
import { Environment, Timestamp } from './values'

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

/** A name of the IANA database that this runtime knows. */
const TimeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'must be a time zone such as Europe/Berlin or UTC')
  .meta({ example: 'Europe/Berlin' })

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null
  } catch {
    return false
  }
}

const timeOfDay = '(?:[01]\\d|2[0-3]):[0-5]\\d'

export const Hours = z
  .strictObject({
    timeZone: TimeZone,
    days: z
      .array(z.enum(weekdays))
      .min(1)
      .max(7)
      .refine((days) => new Set(days).size === days.length, 'must not name a day twice'),
    from: z.string().regex(new RegExp(`^${timeOfDay}$`), 'a time such as 09:00'),
    to: z.string().regex(new RegExp(`^(?:${timeOfDay}|24:00)$`), 'a time such as 18:00, or 24:00'),
  })
  .refine((hours) => hours.from !== hours.to, 'must end at another time than they begin; from 00:00 to 24:00 is a whole day')
  .describe('From `from` until before `to` on these days; a span that ends before it begins runs into the next day.')
export type Hours = z.infer<typeof Hours>

const listOfUnique = <Item extends z.ZodType<string>>(item: Item, maximum: number) =>
  z
    .array(item)
    .max(maximum)
    .refine((items) => new Set(items).size === items.length, 'must not name anything twice')

const ModelPattern = z
  .string()
  .regex(/^(?:[\x21-\x29\x2b-\x7e]{1,199}\*?|\*)$/, 'a model such as gpt-5-mini, or the beginning of models such as gpt-5*')
const Operation = z.string().regex(/^[a-z][a-z0-9_.:-]{0,59}$/, 'an operation such as chat')
const Network = z.string().min(2).max(49)

const restrictions = {
  priority: z.number().int().min(-1_000).max(1_000).describe('Of several grants that fit, the highest comes first.'),
  models: listOfUnique(ModelPattern, 100).describe('Exact names, or beginnings that end in *.'),
  operations: listOfUnique(Operation, 50),
  environments: listOfUnique(Environment, 3).describe("The agent's project must be in one of these."),
  addresses: listOfUnique(Network, 100).describe('Addresses or networks that requests may come from.'),
  hours: Hours.nullable(),
  maxTtlSeconds: z.number().int().min(30).max(3_600).nullable(),
  requestsPerMinute: z.number().int().min(1).max(1_000_000).nullable(),
  tokensPerMinute: z.number().int().min(1).max(1_000_000_000).nullable(),
  defaultMaxOutputTokens: z.number().int().min(1).max(1_000_000).nullable().describe('Fills an output cap that a call leaves out.'),
}

export const GrantRestrictions = z.object(restrictions)
export type GrantRestrictions = z.infer<typeof GrantRestrictions>

/** As a body sends them: each one may be left out. */
export const RestrictionChanges = { ...z.object(restrictions).partial().shape, expiresAt: Timestamp.nullable().optional() }
