import type { Attributes } from '../otlp/signal'
import { isContentName } from './content'
import { readText } from './read'
import { toText } from './reading'

const longestName = 100
const longestValue = 200
const most = 64

/** What a span or record and its resource say in texts, without content: the nearer one says what a name means. */
export function readAttribution(own: Attributes, resource: Attributes): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const name of [...Object.keys(resource), ...Object.keys(own)]) {
    if (found.size >= most) break
    const text = readShort(name in own ? own : resource, name)
    if (text !== null) found.set(name, text)
  }
  return found
}

function readShort(attributes: Attributes, name: string): string | null {
  const value = attributes[name]
  const isShort = typeof value === 'string' && name.length <= longestName && value.length <= longestValue
  // Objects and lists in JSON name nobody.
  if (!isShort || /^[\s"]*[{[]/.test(value) || isContentName(name)) return null
  return toText(readText(attributes, name, longestValue))
}
