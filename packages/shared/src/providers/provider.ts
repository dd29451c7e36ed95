export const providerCategories = ['llm', 'financial-data', 'search', 'other'] as const
export type ProviderCategory = (typeof providerCategories)[number]

/** How a key authorises a request. */
export type ProviderAuth = { kind: 'bearer' } | { kind: 'header'; name: string; prefix?: string } | { kind: 'query'; name: string }

/** What a key of this provider has to bring beside its value. */
export type ProviderField = 'baseUrl' | 'region' | 'deployment' | 'apiVersion' | 'upstreamOrganization'

export interface ProviderKeyShape {
  /** Known beginnings, longest first: the only part of a key beside its end that is ever shown. */
  prefixes: readonly string[]
  /** What the provider issues; a key of another shape is stored with a warning. */
  pattern: RegExp | null
  example: string
}

/** What came back from a probe, or why nothing did. */
export type ProbeAnswer =
  | { status: number; headers: Readonly<Record<string, string>>; body: string }
  | { failure: 'unreachable' | 'timeout' | 'broken' | 'url_not_allowed' }

export const probeVerdicts = [
  'accepted',
  'restricted',
  'no_quota',
  'rejected',
  'forbidden',
  'rate_limited',
  'provider_error',
  'unexpected_answer',
  'unreachable',
  'timeout',
  'url_not_allowed',
  'no_probe',
] as const
export type ProbeVerdict = (typeof probeVerdicts)[number]

/** true: the provider knows the key; false: it refuses it; null: the answer proves nothing, as in an outage. */
export interface ProbeResult {
  valid: boolean | null
  verdict: ProbeVerdict
  details: { organization: string | null; limits: Record<string, string> }
}

export interface ProviderProbe {
  method: 'GET' | 'HEAD'
  /** Below the base URL of the key. */
  path: string
  read(answer: ProbeAnswer): ProbeResult
}

/** One upstream API as data. The engine acts: there is no fetch, span or retry in a provider. */
export interface Provider {
  id: string
  name: string
  category: ProviderCategory
  /** Null where each key brings its own. */
  baseUrl: string | null
  auth: ProviderAuth
  /** Sent with every request. */
  headers: Readonly<Record<string, string>>
  key: ProviderKeyShape
  requiredFields: readonly ProviderField[]
  /** Null where nothing is known that would prove a key. */
  probe: ProviderProbe | null
  docsUrl: string | null
  icon: string
  /** How a person comes by a key. */
  setup: readonly string[]
}
