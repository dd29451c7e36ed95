import type { Secret } from '@keylease/shared/secret'

const shortestEcho = 6

/** Whether a text of the upstream holds the key that it was sent, or is a part of it. */
export function createEchoTest(value: Secret): (text: string) => boolean {
  const key = value.reveal().toLowerCase()
  return (text) => text.length >= shortestEcho && (key.includes(text.toLowerCase()) || text.toLowerCase().includes(key))
}

/** The same value with null in place of every text that echoes the key, however deep. Names that echo it go with what they name. */
export function dropEchoes<Value>(value: Value, isEcho: (text: string) => boolean): Value {
  return drop(value, isEcho) as Value // the same shape: a text that is null was one that may be
}

function drop(value: unknown, isEcho: (text: string) => boolean): unknown {
  if (typeof value === 'string') return isEcho(value) ? null : value
  if (Array.isArray(value)) return value.map((item) => drop(item, isEcho))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => !isEcho(name))
  return Object.fromEntries(kept.map(([name, inner]) => [name, drop(inner, isEcho)]))
}
