import { Secret } from '@keylease/shared/secret'
import { type Clock, systemClock } from './clock'
import { ConfigError, ConnectionError } from './errors'

export interface KeyleaseOptions {
  /** Where the service is. Absent: KEYLEASE_URL, else http://127.0.0.1:4500. */
  url?: string
  /** The agent's token, or how to come by one, as a workload identity token. Absent: KEYLEASE_TOKEN. */
  token?: string | (() => string | Promise<string>)
  /** What sends requests, to providers and to the service. */
  fetch?: typeof fetch
  /** How long the service may take to answer. */
  timeoutMs?: number
  /** How keys come to the agent: `auto` is what the key allows. */
  delivery?: 'auto' | 'gateway' | 'direct'
  /** While the service is away: go on with held leases to their expiry, or refuse at once. */
  onOutage?: 'until-expiry' | 'fail'
  /** A directory where reports survive a crash. */
  spool?: string | false
  telemetry?: {
    recordInputs?: boolean
    recordOutputs?: boolean
    tracerProvider?: { getTracer(name: string, version?: string): unknown }
  }
}

export interface Config {
  url: string
  readToken(): Promise<Secret>
  fetch: typeof fetch
  timeoutMs: number
  delivery: 'auto' | 'gateway' | 'direct'
  onOutage: 'until-expiry' | 'fail'
  spool: string | false
  telemetry: {
    recordInputs: boolean
    recordOutputs: boolean
    tracerProvider: { getTracer(name: string, version?: string): unknown } | null
  }
  clock: Clock
}

const defaultUrl = 'http://127.0.0.1:4500'
/** A longer timer would fire at once. */
const longestTimeoutMs = 24 * 60 * 60_000

export function readConfig(options: KeyleaseOptions = {}, clock: Clock = systemClock): Config {
  const { telemetry = {} } = options
  const { timeoutMs = 10_000 } = options
  if (!(timeoutMs > 0 && timeoutMs <= longestTimeoutMs))
    throw new ConfigError('timeoutMs must be a number of milliseconds above 0, at most one day.')
  return {
    url: readUrl(options.url ?? readVariable('KEYLEASE_URL') ?? defaultUrl),
    readToken: toTokenReader(options.token ?? readVariable('KEYLEASE_TOKEN')),
    // Bound late: a tool that replaces the global fetch after us is still heard.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    timeoutMs,
    delivery: readChoice('delivery', ['auto', 'gateway', 'direct'], options.delivery ?? 'auto'),
    onOutage: readChoice('onOutage', ['until-expiry', 'fail'], options.onOutage ?? 'until-expiry'),
    spool: options.spool ?? readVariable('KEYLEASE_SPOOL') ?? false,
    telemetry: {
      recordInputs: telemetry.recordInputs ?? false,
      recordOutputs: telemetry.recordOutputs ?? false,
      tracerProvider: telemetry.tracerProvider ?? null,
    },
    clock,
  }
}

function readChoice<T extends string>(name: string, choices: readonly T[], value: T): T {
  if (choices.includes(value)) return value
  throw new ConfigError(`${name} must be one of ${choices.join(', ')}.`)
}

function readUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new ConfigError(
      'url is not an http or https address: set KEYLEASE_URL to where the service is, such as https://keylease.example.com.',
    )
  }
  const { origin, pathname } = new URL(text)
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

function toTokenReader(token: KeyleaseOptions['token']): Config['readToken'] {
  if (token === undefined || token === '') {
    throw new ConfigError(
      'KEYLEASE_TOKEN is not set: create an agent token under Agents & projects → the agent → Platform keys, with the scope lease.',
    )
  }
  if (typeof token !== 'function') {
    const secret = toSecret(token)
    return async () => secret
  }
  return async () => toSecret(await askForToken(token))
}

async function askForToken(token: () => string | Promise<string>): Promise<string> {
  try {
    return await token()
  } catch (cause) {
    throw new ConnectionError('The function that was given as token failed, so the service cannot be asked. Its error is the cause.', cause)
  }
}

/** A header takes no other characters, and says the whole value when it complains. Files end with a line feed. */
function toSecret(token: unknown): Secret {
  const text = typeof token === 'string' ? token.trim() : ''
  if (/^[\x21-\x7e]+$/.test(text)) return new Secret(text)
  throw new ConfigError(
    'The token is no token: it is empty or holds characters that none has. Set KEYLEASE_TOKEN to the token alone, as it was shown.',
  )
}

function readVariable(name: string): string | undefined {
  const value = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name]
  return value === '' ? undefined : value
}
