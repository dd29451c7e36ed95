import type { ErrorClass, ErrorHelp } from './errors'
import type { Operation } from './operation'

export const providerCategories = ['llm', 'financial-data', 'search', 'other'] as const
export type ProviderCategory = (typeof providerCategories)[number]

/**
 * How a key authorises a request. `aws`: a Bedrock API key as bearer, or `ACCESS_KEY_ID:SECRET[:SESSION_TOKEN]` signed with SigV4.
 * `google`: an API key in x-goog-api-key, or the JSON of a service account, exchanged for an access token.
 */
export type ProviderAuth =
  | { kind: 'bearer' }
  | { kind: 'header'; name: string; prefix?: string }
  | { kind: 'query'; name: string }
  | { kind: 'aws'; service: string }
  | { kind: 'google'; scope: string }

/** What a key of this provider has to bring beside its value. */
export const providerFields = ['baseUrl', 'region', 'deployment', 'apiVersion', 'upstreamOrganization'] as const
export type ProviderField = (typeof providerFields)[number]

export interface ProviderKeyShape {
  /** Known beginnings, longest first: the only part of a key beside its end that is ever shown. */
  prefixes: readonly string[]
  /** What the provider issues; a key of another shape is stored with a warning. */
  pattern: RegExp | null
  example: string
  /** A JSON document, such as a service account, may be a key too. */
  isJsonAllowed?: boolean
  /** `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]` of AWS may be a key too. */
  isAwsPairAllowed?: boolean
}

/** What came back from a probe, or why nothing did. */
export type ProbeAnswer =
  | { status: number; headers: Readonly<Record<string, string>>; body: string }
  | { failure: 'unreachable' | 'timeout' | 'broken' | 'url_not_allowed' }

/** What a probe says of a key. An outage is never a bad key. */
export const probeVerdicts = ['valid', 'invalid', 'no_quota', 'limited', 'unreachable', 'degraded', 'unknown'] as const
export type ProbeVerdict = (typeof probeVerdicts)[number]

/** Why it says so. */
export const probeReasons = [
  'accepted',
  'restricted',
  'no_quota',
  'bad_key',
  'forbidden',
  'rate_limited',
  'provider_error',
  'unexpected_answer',
  'unreachable',
  'timeout',
  'url_not_allowed',
  'no_probe',
] as const
export type ProbeReason = (typeof probeReasons)[number]

/** true: the provider knows the key; false: it refuses it; null: the answer proves nothing, as in an outage. */
export interface ProbeResult {
  valid: boolean | null
  verdict: ProbeVerdict
  reason: ProbeReason
  details: { organization: string | null; limits: Record<string, string> }
}

/** The cheapest real request that proves a key. */
export interface ProviderProbe {
  method: 'GET' | 'HEAD' | 'POST'
  /** Below the base URL of the key; `{deployment}` and `{region}` are those of the key. */
  path: string
  body?: Readonly<Record<string, unknown>>
  read(answer: ProbeAnswer): ProbeResult
}

/** A tiny real call: what the test button sends. */
export interface TestCall {
  kind: Operation['kind']
  method: 'GET' | 'POST'
  /** Below the base URL; `{model}`, `{deployment}` and `{region}` are filled in. */
  path: string
  model: string | null
  body(model: string): Readonly<Record<string, unknown>> | null
}

/** Whether the provider can make short-lived credentials. Declared here; making them is the server's. */
export interface MintCapability {
  kind: 'token' | 'key'
  maxTtlSeconds: number | null
  /** Whether the provider itself can cap what a minted credential spends. */
  isSpendCapped: boolean
  docsUrl: string
}

/** One upstream API as data. The engine acts: there is no fetch, span or retry in a provider. */
export interface Provider {
  id: string
  name: string
  category: ProviderCategory
  /** `{region}` is the region of the key. Null where each key brings its own. */
  baseUrl: string | null
  /** Other origins where a key may go beside its base URL; `*` is one DNS label. */
  origins: readonly string[]
  auth: ProviderAuth
  /** Sent with every request that does not bring its own. */
  headers: Readonly<Record<string, string>>
  /** Sent with every request unless it names one, or its path says it all; a key may override the default. */
  apiVersion: { in: 'header' | 'query'; name: string; default: string; exceptBelow?: string } | null
  key: ProviderKeyShape
  requiredFields: readonly ProviderField[]
  operations: readonly Operation[]
  /** Well-known models, for pickers and examples; any other works as well. */
  models: readonly string[]
  /** How the names of its rate-limit headers begin. */
  rateLimitHeaders: readonly string[]
  /** What an error answer means; null where it is none. */
  classifyError(answer: ProbeAnswer): ErrorClass | null
  /** What it says about an error beside the common words. */
  help: Partial<Record<ErrorClass, ErrorHelp>>
  supportUrl: string | null
  /** Null where nothing is known that would prove a key. */
  probe: ProviderProbe | null
  testCall: TestCall | null
  /** Whether it finishes, and bills, an answer whose caller has gone. */
  billsOnDisconnect: boolean
  mint: MintCapability | null
  /** Its id in the price book; null where each request is billed otherwise. */
  pricingId: string | null
  docsUrl: string | null
  /** Two letters on a ground of its own, for pages: no logo without a licence. */
  monogram: string
  /** How a person comes by a key. */
  setup: readonly string[]
}
