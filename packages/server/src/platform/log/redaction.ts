import { hideKeys } from '@keylease/shared/providers/leaks'
import { Secret } from '@keylease/shared/secret'

const censored = '[redacted]'
const deepest = 8
const secretName =
  /(^|[-_.])(authorization|cookie|password|passphrase|secret|token|key|credential)s?$|(Authorization|Cookie|Password|Passphrase|Secret|Token|Key|Credential)s?$/
const credentialInUrl = /(\w+:\/\/[^\s:/@]*):[^\s@/]+@/g

/** A copy without what must not be written down: secrets by name and by look, credentials in URLs, all of an error but what it is. */
export function redact(record: Record<string, unknown>): Record<string, unknown> {
  return redactObject(record, 0)
}

const redactText = (text: string) => hideKeys(text.replace(credentialInUrl, `$1:${censored}@`))

function redactObject(record: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(record).map(([name, value]) => [name, isSecretName(name) ? censored : redactValue(value, depth + 1)])
  return Object.fromEntries(entries)
}

const known = new Map<string, boolean>()
const mostKnown = 1_000

/** Of the few names that records have, over and over. */
function isSecretName(name: string): boolean {
  const before = known.get(name)
  if (before !== undefined) return before
  const isSecret = secretName.test(name) || secretName.test(name.toLowerCase())
  if (known.size < mostKnown) known.set(name, isSecret)
  return isSecret
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (value instanceof Secret || value instanceof Uint8Array) return censored
  if (depth > deepest) return '[deep]'
  if (value instanceof Error) return describeError(value, depth)
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1))
  return redactObject(value, depth)
}

/** Libraries hang requests, rows and parameters on their errors: only what kind it is, what it says and where it was thrown is kept. */
function describeError(error: Error, depth: number): Record<string, unknown> {
  const code = (error as { code?: unknown }).code
  return {
    type: error.name,
    message: describeMessage(error),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: readFrames(error),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1) }),
  }
}

/** Postgres quotes a wrong value after a colon, and Prisma prints the arguments of the call before its last line. */
function describeMessage(error: Error): string {
  const text = error.name.startsWith('Prisma') ? (error.message.trim().split('\n').at(-1) ?? '') : error.message
  return redactText(text).replace(/: ".*"$/s, `: ${censored}`)
}

function readFrames(error: Error): string {
  const lines = error.stack?.split('\n') ?? []
  return lines
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join('\n')
}
