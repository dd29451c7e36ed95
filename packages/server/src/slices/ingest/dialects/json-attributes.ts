import type { Attributes, AttributeValue } from '../otlp/signal'
import { parseJson } from './fields'

const mostMembers = 64

/** The plain members of the JSON object in an attribute, each under a prefix; of a member that is an object, its own members too. */
export function unpackMembers(attributes: Attributes, name: string, prefix: string): Attributes {
  const text = attributes[name]
  const found: Record<string, AttributeValue> = Object.create(null)
  const value = typeof text === 'string' ? parseJson(text) : text
  addMembers(found, value, prefix, 5)
  return found
}

function addMembers(found: Record<string, AttributeValue>, value: unknown, prefix: string, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  for (const [name, member] of Object.entries(value).slice(0, mostMembers)) {
    if (typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean') found[prefix + name] = member
    else if (depth > 1) addMembers(found, member, `${prefix}${name}.`, depth - 1)
  }
}
