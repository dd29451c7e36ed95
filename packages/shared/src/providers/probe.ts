import type { ErrorClass } from './errors'
import type { ProbeAnswer, ProbeReason, ProbeResult, ProbeVerdict, Provider } from './provider'

const verdicts: Record<ProbeReason, { verdict: ProbeVerdict; valid: boolean | null }> = {
  accepted: { verdict: 'valid', valid: true },
  restricted: { verdict: 'valid', valid: true },
  no_quota: { verdict: 'no_quota', valid: true },
  bad_key: { verdict: 'invalid', valid: false },
  forbidden: { verdict: 'unknown', valid: null },
  rate_limited: { verdict: 'limited', valid: null },
  provider_error: { verdict: 'degraded', valid: null },
  unexpected_answer: { verdict: 'degraded', valid: null },
  unreachable: { verdict: 'unreachable', valid: null },
  timeout: { verdict: 'unreachable', valid: null },
  url_not_allowed: { verdict: 'unreachable', valid: null },
  no_probe: { verdict: 'unknown', valid: null },
}

const reasons: Record<Exclude<ErrorClass, 'unreachable'>, ProbeReason> = {
  bad_key: 'bad_key',
  forbidden: 'forbidden',
  no_quota: 'no_quota',
  rate_limited: 'rate_limited',
  overloaded: 'provider_error',
  bad_request: 'unexpected_answer',
}

export const toProbeResult = (reason: ProbeReason, details: Partial<ProbeResult['details']> = {}): ProbeResult => ({
  ...verdicts[reason],
  reason,
  details: { organization: details.organization ?? null, limits: details.limits ?? {} },
})

interface Reading {
  /** Whether a body that came with success is what this API answers; a captive portal is not. Absent: any JSON object or array. */
  isExpected?(body: string): boolean
  /** A provider's own meaning of an answer, before the common one. */
  refine?(answer: Exclude<ProbeAnswer, { failure: string }>): ProbeReason | null
  organizationHeader?: string
}

/** What a probe says, from what the provider's own errors mean. */
export function readProbe(
  provider: Pick<Provider, 'classifyError' | 'rateLimitHeaders'>,
  answer: ProbeAnswer,
  { isExpected = isJson, refine, organizationHeader }: Reading = {},
): ProbeResult {
  if ('failure' in answer) return toProbeResult(answer.failure === 'broken' ? 'unexpected_answer' : answer.failure)
  const { headers } = answer
  const organization = organizationHeader === undefined ? null : readWord(headers[organizationHeader])
  const details = { organization, limits: readLimits(headers, provider.rateLimitHeaders) }
  return toProbeResult(refine?.(answer) ?? readReason(provider, answer, isExpected), details)
}

function readReason(
  provider: Pick<Provider, 'classifyError'>,
  answer: Exclude<ProbeAnswer, { failure: string }>,
  isExpected: (body: string) => boolean,
): ProbeReason {
  const error = provider.classifyError(answer)
  if (error === 'unreachable') return 'unreachable'
  if (error !== null) return reasons[error]
  return answer.status < 300 && isExpected(answer.body) ? 'accepted' : 'unexpected_answer'
}

const isJson = (body: string) => readJson(body) !== null

/** The body as a JSON object or array, or null for anything else. */
export function readJson(body: string): object | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** The words that name an error in a provider's own body: `code`, `type` and `status` of its `error`, or at the top. */
export function readErrorWords(body: string): string[] {
  const top = readJson(body)
  if (top === null || Array.isArray(top)) return []
  const error: unknown = 'error' in top ? top.error : top
  if (typeof error === 'string') return [error]
  if (typeof error !== 'object' || error === null) return []
  return Object.entries(error).flatMap(([name, value]) => (/^(code|type|status)$/.test(name) && typeof value === 'string' ? [value] : []))
}

/** Rate limits that an answer tells, by the provider's own names: short, plain values alone. */
export function readLimits(headers: Readonly<Record<string, string>>, prefixes: readonly string[]): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) => {
    const prefix = prefixes.find((start) => name.startsWith(start))
    return prefix !== undefined && /^[\w.:+-]{1,40}$/.test(value) ? [[name.slice(prefix.length) || name, value] as const] : []
  })
  return Object.fromEntries(entries.slice(0, 20))
}

/** A word that a header names, such as an organization: never more than an identifier. */
export const readWord = (value: string | undefined): string | null => (value !== undefined && /^[\w.-]{1,80}$/.test(value) ? value : null)
