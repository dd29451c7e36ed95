import type { Capture } from '../src/metering/capture'

type Captures = Readonly<Record<string, Capture>>

/** What captures keep, said as plainly as it can be: every event parsed whole, every path walked. The scanner has to agree. */
export function captureNaively(captures: Captures, documents: readonly unknown[]): Record<string, unknown> {
  const events = documents.flatMap((document) => (Array.isArray(document) ? document : [document]))
  const captured: Record<string, unknown> = {}
  for (const [name, { path, keep }] of Object.entries(captures)) {
    const parts = path.replaceAll('[]', '.[]').split('.')
    const found = events.flatMap((event) => findAll(event, parts)).filter((value) => value !== null)
    const value = keepNaively(found, keep)
    if (value !== undefined) captured[name] = value
  }
  return captured
}

function findAll(value: unknown, [part, ...rest]: readonly string[]): unknown[] {
  if (part === undefined) return [value]
  if (typeof value !== 'object' || value === null) return []
  if (part === '[]') return Array.isArray(value) ? value.flatMap((element) => findAll(element, rest)) : []
  const member = Array.isArray(value) ? undefined : Object.getOwnPropertyDescriptor(value, part)
  return member === undefined ? [] : findAll(member.value, rest)
}

function keepNaively(found: readonly unknown[], keep: Capture['keep']): unknown {
  const strings = found.filter((value) => typeof value === 'string')
  if (keep === 'first') return found[0]
  if (keep === 'last') return found.at(-1)
  if (keep === 'count') return found.length || undefined
  if (strings.length === 0) return undefined
  if (keep === 'characters') return strings.reduce((sum, text) => sum + [...text].length, 0)
  return Object.fromEntries(Object.entries(Object.groupBy(strings, (text) => text)).map(([text, all]) => [text, all?.length]))
}
