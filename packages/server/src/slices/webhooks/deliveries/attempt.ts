import type { Deps } from '../../../deps'
import { AppError } from '../../../platform/errors'
import { type OutboundAnswer, OutboundFailure } from '../../../platform/outbound'
import { webhookSecretContext } from '../secret'
import type { DueDelivery } from './queries'
import { signBody } from './signature'

export interface Attempt {
  answerStatus: number | null
  answerExcerpt: string | null
  /** Null when the receiver took it. */
  failure: string | null
  latencyMs: number
}

const timeoutMs = 10_000
const excerptBytes = 1_024

/** Sends one delivery once. Whatever goes wrong on the way is an outcome; what goes wrong here is thrown. */
export async function attemptDelivery(deps: Pick<Deps, 'cipher' | 'clock' | 'outbound'>, due: DueDelivery): Promise<Attempt> {
  const body = renderBody(due)
  const secret = await deps.cipher.open(webhookSecretContext(due.organizationId, due.webhook.id), Buffer.from(due.webhook.sealedSecret))
  const headers = {
    'content-type': 'application/json',
    'keylease-event': due.event.kind,
    'keylease-delivery': due.id,
    'keylease-signature': signBody(secret, body, deps.clock.now()),
  }
  secret.fill(0)
  const started = deps.clock.monotonicMs()
  const outcome = await send(deps, due.webhook.url, headers, body)
  return { ...outcome, latencyMs: Math.max(0, Math.round(deps.clock.monotonicMs() - started)) }
}

async function send(
  deps: Pick<Deps, 'outbound'>,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<Omit<Attempt, 'latencyMs'>> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return judgeAnswer(await deps.outbound.request(url, { method: 'POST', headers, body, signal }))
  } catch (error) {
    return { answerStatus: null, answerExcerpt: null, failure: explainFailure(error, signal) }
  }
}

function judgeAnswer({ status, body }: OutboundAnswer): Omit<Attempt, 'latencyMs'> {
  const answer = { answerStatus: status, answerExcerpt: toExcerpt(body) }
  if (status >= 200 && status < 300) return { ...answer, failure: null }
  const why = status >= 300 && status < 400 ? 'a redirect, which is not followed. Use the final URL' : 'and not 2xx'
  return { ...answer, failure: `The receiver answered ${status}, ${why}.` }
}

function explainFailure(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'The receiver did not answer within 10 seconds.'
  if (error instanceof AppError && error.code === 'url_not_allowed') return error.message
  if (error instanceof OutboundFailure) return `The delivery failed: ${error.message}.`
  throw error
}

/** Postgres takes no zero character in text, and a page no other control character. */
function toExcerpt(body: Buffer): string {
  const text = body.subarray(0, excerptBytes).toString('utf8')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
  return Buffer.from(text.replace(/[\u0000-\u001f\u007f]+/g, ' '))
    .subarray(0, excerptBytes)
    .toString('utf8')
    .replace(/\ufffd+$/, '')
}

/** What a receiver reads. The same for every attempt. */
function renderBody({ organizationId, event }: DueDelivery): string {
  return JSON.stringify({
    id: event.id,
    kind: event.kind,
    occurredAt: event.createdAt.toISOString(),
    organizationId,
    resource: { kind: event.resourceKind, id: event.resourceId },
    data: event.payload,
  })
}
