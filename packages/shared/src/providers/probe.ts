import type { ProbeAnswer, ProbeResult, ProbeVerdict } from './provider'

const proves: Record<ProbeVerdict, boolean | null> = {
  accepted: true,
  restricted: true,
  no_quota: true,
  rejected: false,
  forbidden: null,
  rate_limited: null,
  provider_error: null,
  unexpected_answer: null,
  unreachable: null,
  timeout: null,
  url_not_allowed: null,
  no_probe: null,
}

export const toProbeResult = (verdict: ProbeVerdict, details: Partial<ProbeResult['details']> = {}): ProbeResult => ({
  valid: proves[verdict],
  verdict,
  details: { organization: details.organization ?? null, limits: details.limits ?? {} },
})

/** What a status means wherever a provider says nothing better. Only a refusal of the key itself proves it dead. */
export function readStatus(answer: ProbeAnswer): ProbeVerdict {
  if ('failure' in answer) return answer.failure === 'broken' ? 'unexpected_answer' : answer.failure
  const { status } = answer
  if (status >= 200 && status < 300) return 'accepted'
  if (status === 401) return 'rejected'
  if (status === 403) return 'forbidden'
  if (status === 429) return 'rate_limited'
  return status >= 500 ? 'provider_error' : 'unexpected_answer'
}

/** The body as a JSON object, or null for anything else. */
export function readObject(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** `error.code` and `error.type` of a provider's own error body. */
export function readErrorWords(body: string): string[] {
  const error = readObject(body)?.['error']
  if (typeof error !== 'object' || error === null) return []
  return Object.entries(error).flatMap(([name, value]) => (/^(code|type)$/.test(name) && typeof value === 'string' ? [value] : []))
}

/** Rate limits that an answer tells, by the provider's own names: short, plain values alone. */
export function readLimits(headers: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  const entries = Object.entries(headers)
    .filter(([name, value]) => name.startsWith(prefix) && /^[\w.:+-]{1,40}$/.test(value))
    .map(([name, value]) => [name.slice(prefix.length), value] as const)
  return Object.fromEntries(entries.slice(0, 20))
}

/** A word that a header names, such as an organization: never more than an identifier. */
export const readWord = (value: string | undefined): string | null => (value !== undefined && /^[\w.-]{1,80}$/.test(value) ? value : null)
