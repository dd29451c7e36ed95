import type { Config } from '../config'
import { ConnectionError, KeyleaseError } from '../errors'
import { untilAborted } from '../until-aborted'
import { readAnswer, retryAfterOf } from './answer'

export interface CallOptions {
  signal?: AbortSignal | undefined
  headers?: Readonly<Record<string, string>>
  /** Nobody waits for it: it is tried once, and whoever sent it knows when to come again. */
  isBackground?: boolean
}

/** One request to the service: a value comes back, or a KeyleaseError is thrown. */
export interface Transport {
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, options?: CallOptions): Promise<T>
  /** The bare answer, for what is no JSON; the token is in the request. */
  open(path: string, init: RequestInit): Promise<Response>
}

const attempts = 3

export function createTransport(config: Config): Transport {
  const open = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${(await config.readToken()).reveal()}`)
    return config.fetch(`${config.url}${path}`, { ...init, headers, redirect: 'manual' })
  }
  return {
    open,
    async call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, options: CallOptions = {}): Promise<T> {
      const deadline = startDeadline(config, options.signal)
      const request = { ...toRequest(method, body, options.headers), signal: deadline.signal }
      try {
        for (let attempt = 1; ; attempt++) {
          try {
            const answer = open(path, request).then((given) => readAnswer(config, given))
            return (await untilAborted(answer, deadline.signal)) as T // the contract of the path says so
          } catch (error) {
            const failure = deadline.signal.aborted ? deadline.signal.reason : error
            const delayMs = options.isBackground || attempt >= attempts ? null : nextDelay(failure, attempt)
            if (delayMs === null || delayMs >= deadline.remainingMs()) throw toFailure(config, failure, options.signal)
            await wait(config, delayMs, deadline.signal)
          }
        }
      } finally {
        deadline.end()
      }
    },
  }
}

/** Sent again after a lost answer, the same request has the same effect: it has a key of its own. */
function toRequest(method: string, body: unknown, extra: CallOptions['headers']): RequestInit {
  const idempotency: Record<string, string> = method === 'GET' ? {} : { 'idempotency-key': crypto.randomUUID() }
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  return {
    method,
    body: body === undefined ? null : JSON.stringify(body),
    headers: { accept: 'application/json', ...type, ...idempotency, ...extra },
  }
}

/** All attempts together may take as long as the service may. */
function startDeadline({ clock, timeoutMs, url }: Config, signal: AbortSignal | undefined) {
  const late = new AbortController()
  const endsAtMs = clock.monotonicMs() + timeoutMs
  const message = `The Keylease service at ${url} did not answer within ${timeoutMs} ms. Check that it runs and that this machine reaches it.`
  const timer = clock.setTimer(() => late.abort(new ConnectionError(message)), timeoutMs)
  return {
    signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    remainingMs: () => endsAtMs - clock.monotonicMs(),
    end: () => timer.cancel(),
  }
}

function toFailure({ url }: Config, error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted || KeyleaseError.is(error)) return error
  const message = `The Keylease service at ${url} cannot be reached. Check KEYLEASE_URL, that the service runs, and the network between.`
  return new ConnectionError(message, error)
}

/** Only what may pass is tried again, a bounded number of times, as the service asks or a moment later. */
function nextDelay(error: unknown, attempt: number): number | null {
  if (KeyleaseError.is(error) && !error.retryable) return null
  return retryAfterOf(error) ?? 100 * 2 ** attempt * (0.5 + Math.random())
}

function wait({ clock }: Config, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      timer.cancel()
      reject(signal.reason)
    }
    const timer = clock.setTimer(
      () => {
        signal.removeEventListener('abort', stop)
        resolve()
      },
      ms,
      'awaited',
    )
    signal.addEventListener('abort', stop, { once: true })
  })
}
