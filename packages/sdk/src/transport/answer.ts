import type { Config } from '../config'
import { ConfigError, ConnectionError, createError, type KeyleaseError } from '../errors'

const largestAnswer = 4 * 1024 * 1024

/** The value of an answer of the service; an error of its own, or one that says who answered instead. */
export async function readAnswer(config: Config, answer: Response): Promise<unknown> {
  const text = await readText(answer)
  if (answer.status === 204) return undefined
  const value = parseJson(text)
  if (answer.ok && value !== undefined) return value
  const told = toErrorBody(value)
  if (!told) throw notKeylease(config, answer)
  const { code, message, requestId, details } = told
  const error = createError(code, message, { retryable: isPassing(answer.status, code), requestId, details })
  const retryAfterMs = Number(answer.headers.get('retry-after') ?? Number.NaN) * 1_000
  throw Number.isFinite(retryAfterMs) ? setRetryAfter(error, retryAfterMs) : error
}

/** What was asked to wait, in milliseconds. */
const delays = new WeakMap<object, number>()
export function setRetryAfter(error: KeyleaseError, ms: number): KeyleaseError {
  delays.set(error, ms)
  return error
}
export const retryAfterOf = (error: unknown): number | undefined => (error instanceof Error ? delays.get(error) : undefined)

const isPassing = (status: number, code: string) => [429, 500, 503].includes(status) || code === 'idempotency_in_progress'

async function readText({ body }: Response): Promise<string> {
  if (!body) return ''
  const decoder = new TextDecoder()
  let text = ''
  for (const reader = body.getReader(); ; ) {
    const { done, value } = await reader.read()
    text += decoder.decode(value, { stream: !done })
    if (done) return text
    if (text.length <= largestAnswer) continue
    await reader.cancel()
    throw new ConfigError('What answers is larger than any answer of the Keylease service. Check KEYLEASE_URL.')
  }
}

function notKeylease({ url }: Config, { status }: Response): KeyleaseError {
  if (status >= 500)
    return new ConnectionError(`Something before the service at ${url} answered ${status}. Try again; see its own log if it lasts.`)
  return new ConfigError(`What answers at ${url} is not the Keylease service: it sent ${status} and no JSON of ours. Check KEYLEASE_URL.`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

interface ErrorAnswer {
  code: string
  message: string
  requestId: string | undefined
  details: unknown
}

function toErrorBody(value: unknown): ErrorAnswer | null {
  const error = (value as { error?: Partial<Record<keyof ErrorAnswer, unknown>> } | null | undefined)?.error
  if (typeof error?.code !== 'string' || typeof error.message !== 'string') return null
  const { code, message, requestId, details } = error
  return { code, message, requestId: typeof requestId === 'string' ? requestId : undefined, details }
}
