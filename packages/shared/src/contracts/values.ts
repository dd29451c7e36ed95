import { z } from 'zod'
import { type IdKind, idPattern, idPrefixes } from '../ids'

/** An id of one kind; anything else names nothing, so a malformed one reads as absent rather than as a mistake. */
export const Id = (kind: IdKind) =>
  z
    .string()
    .regex(idPattern(kind))
    .meta({ example: `${idPrefixes[kind]}_01jd2f8m3n6q9rkvwxyz012345`, idKind: kind })

/** Text that a person typed: no control characters, no half characters, trimmed. */
export const Text = (maximum: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maximum)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
    .refine((text) => !/[\u0000-\u001f\u007f\u2028\u2029]/.test(text), 'must not hold control characters')

/** One spelling of an address, so that neither case, width nor spaces make it another account. */
export const toCanonicalEmail = (text: string) =>
  text
    .normalize('NFKC')
    .replace(/[\s\p{C}]/gu, '')
    .toLowerCase()

export const Email = z
  .string()
  .max(320)
  .overwrite(toCanonicalEmail)
  .regex(z.regexes.email, 'an e-mail address')
  .meta({ example: 'ada@example.com' })

/** A password that is being set: length is what counts. */
export const NewPassword = z.string().min(12, 'must have 12 or more characters').max(128).meta({ format: 'password' })

export const Timestamp = z.iso.datetime().meta({ example: '2026-11-21T10:00:00.000Z' })

export const Environment = z.enum(['development', 'staging', 'production'])
export type Environment = z.infer<typeof Environment>

export const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('How many items to return at most.'),
  cursor: z.string().min(1).max(512).optional().describe('The nextCursor of the page before.'),
})

/** `total` is exact to 10,000 and stays there. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable(), total: z.number().int().min(0).max(10_000) })

export const ErrorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    requestId: z.string(),
    details: z.unknown().optional(),
  }),
})
