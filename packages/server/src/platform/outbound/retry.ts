import type { OutboundAnswer, OutboundRequest } from './message'
import { OutboundFailure } from './refusal'

const maximumAttempts = 3
const firstDelayMs = 250
const maximumWaitMs = 5_000

export const isRepeatable = (method: OutboundRequest['method']) => method === undefined || method === 'GET' || method === 'HEAD'

/** How long to wait before the next attempt; null when this outcome stands. */
export function nextDelayMs(outcome: OutboundAnswer | Error, attempt: number, random: number): number | null {
  if (attempt >= maximumAttempts) return null
  const jittered = firstDelayMs * 2 ** (attempt - 1) * (0.5 + random / 2)
  if (outcome instanceof Error) return outcome instanceof OutboundFailure && outcome.reason === 'unreachable' ? jittered : null
  if (outcome.status !== 429 && outcome.status < 500) return null
  const wanted = readRetryAfterMs(outcome.headers['retry-after'])
  if (wanted === null) return jittered
  return wanted <= maximumWaitMs ? Math.max(wanted, jittered) : null
}

/** Seconds, as providers send them; a date or anything else counts as absent. */
function readRetryAfterMs(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,9}(\.\d{1,3})?$/.test(header) ? Number(header) * 1_000 : null
}
