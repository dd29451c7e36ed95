import { classifyStatus, type ErrorClass } from './errors'
import type { ProbeAnswer } from './provider'

/** Google names a bad key in a 400, and a location that it does not serve as well. https://ai.google.dev/gemini-api/docs/troubleshooting */
export function classifyGoogleError(answer: ProbeAnswer): ErrorClass | null {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  const { status, body } = answer
  if (status === 400 && /API_KEY_INVALID|API key (?:not valid|expired|not found)/i.test(body)) return 'bad_key'
  if (status === 403 && /reported as leaked|API_KEY_INVALID/i.test(body)) return 'bad_key'
  if (status === 403 && /BILLING_DISABLED/.test(body)) return 'no_quota'
  if (status === 400 && /location is not supported/i.test(body)) return 'forbidden'
  return status === 429 && /credits? (?:is|are) depleted|BILLING_DISABLED/i.test(body) ? 'no_quota' : error
}
