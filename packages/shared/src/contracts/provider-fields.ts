import { z } from 'zod'
import { errorClasses } from '../providers/errors'
import { providerCategories, providerFields } from '../providers/provider'
import { providerWires } from '../providers/wire'
import { Text } from './values'

export const ProviderId = z
  .string()
  .max(60)
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens')
  .meta({ example: 'openai' })
export const ProviderCategory = z.enum(providerCategories)

/** One line of printable ASCII without spaces: a URL is judged by the guard, which says what is wrong with it. */
export const UpstreamUrl = z
  .string()
  .min(1)
  .max(2_048)
  .regex(/^[^?#]*$/, 'must hold neither a query nor a fragment')
  .meta({ format: 'uri', example: 'https://api.example.com/v1' })

const HeaderName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,59}$/, 'must be a header name')
  .refine(
    (name) => !/^(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|cookie|expect|proxy-.*|accept-encoding)$/i.test(name),
    'must not be a header that the connection itself needs',
  )
  .transform((name) => name.toLowerCase())
const PlainHeaderName = HeaderName.refine((name) => name !== 'authorization', 'must not be the header that carries keys')
const ParameterName = z.string().regex(/^[\w.-]{1,40}$/, 'must be a parameter name')
const Printable = z.string().regex(/^[\x20-\x7e]{1,40}$/, 'must be 1 to 40 printable characters')
const HeaderValue = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/, 'must be 1 to 200 printable characters')
export const ApiVersion = z.string().regex(/^[\x21-\x7e]{1,60}$/, 'must be 1 to 60 printable characters without spaces')

const ProviderAuth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer') }),
  z.strictObject({ kind: z.literal('header'), name: HeaderName, prefix: Printable.optional() }),
  z.strictObject({ kind: z.literal('query'), name: ParameterName }),
])

const ProviderProbe = z.strictObject({
  path: z
    .string()
    .max(500)
    .regex(/^\/(?!\/)[\w./~%+=&?:,@-]*$/, 'must be a path below the base URL, beginning with one slash')
    .refine((path) => !/\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(path), 'must not hold dot segments')
    .describe('A GET of this path tells whether a key is good.'),
  rejectedStatuses: z
    .array(z.number().int().min(400).max(499))
    .min(1)
    .max(10)
    .default([401])
    .describe('What the API answers to a bad key.'),
})

const VersionPlace = z.discriminatedUnion('in', [
  z.strictObject({ in: z.literal('header'), name: PlainHeaderName, default: ApiVersion }),
  z.strictObject({ in: z.literal('query'), name: ParameterName, default: ApiVersion }),
])

const HttpsUrl = z.url({ protocol: /^https$/ }).max(500)

const ErrorRule = z.strictObject({
  class: z.enum(errorClasses).exclude(['unreachable']),
  statuses: z.array(z.number().int().min(200).max(599)).max(20).default([]),
  words: z
    .array(Text(80))
    .max(20)
    .default([])
    .describe('An error code, type or status of the body; one of them is enough. With statuses, both must fit.'),
  cause: Text(300).optional(),
  remedy: Text(300).optional(),
  url: HttpsUrl.nullable().optional(),
})

const unique =
  <T>(keyOf: (item: T) => unknown) =>
  (items: readonly T[]) =>
    new Set(items.map(keyOf)).size === items.length

/** What an organization says of an API, beside its name and address: the fields of the catalogue. */
export const definition = {
  category: ProviderCategory,
  wire: z
    .enum(providerWires)
    .describe(
      'Whose wire it speaks: operations and usage are read as of OpenAI chat or Anthropic messages. none: each request counts as one.',
    ),
  auth: ProviderAuth,
  headers: z
    .record(PlainHeaderName, HeaderValue)
    .refine((headers) => Object.keys(headers).length <= 20, 'must hold at most 20 headers')
    .describe('Sent with every request that does not bring its own. Not for secrets.'),
  apiVersion: VersionPlace.nullable().describe('Sent with every request; a key may override the default.'),
  keyPrefix: Printable.nullable(),
  requiredFields: z
    .array(z.enum(providerFields))
    .max(providerFields.length)
    .refine(unique(String), 'must not name a field twice')
    .describe('What a key has to bring beside its value.'),
  models: z.array(Text(120)).max(200),
  rateLimitHeaders: z
    .array(z.string().regex(/^[a-z][a-z0-9-]{0,59}$/, 'must be the beginning of a header name, in lower case'))
    .max(20)
    .describe('How the names of its rate-limit headers begin.'),
  errors: z
    .array(ErrorRule)
    .max(errorClasses.length)
    .refine(
      unique((rule: { class: string }) => rule.class),
      'must not name a class twice',
    )
    .describe('What its errors mean where the common reading of a status does not fit.'),
  probe: ProviderProbe.nullable(),
  testModel: Text(120).nullable().describe('The model of the test call; for an API without models the probe is the test call.'),
  feeNanos: z
    .string()
    .regex(/^(?:0|[1-9]\d{0,17})$/, 'must be a whole number of nano-dollars as a decimal string')
    .nullable()
    .describe('What each request costs, in nano-dollars.'),
  setup: z.array(Text(300)).max(12).describe('How a person comes by a key, step by step.'),
  supportUrl: HttpsUrl.nullable(),
  docsUrl: HttpsUrl.nullable(),
}
