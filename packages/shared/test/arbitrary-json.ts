import fc from 'fast-check'
import type { Capture } from '../src/metering/capture'

/** Captures of every kind, over names that documents below are made of. */
export const captures = {
  firstUsage: { path: 'usage', keep: 'first' },
  lastUsage: { path: 'usage', keep: 'last' },
  part: { path: 'usage.a', keep: 'last' },
  deep: { path: 'a.usage.a', keep: 'last' },
  proto: { path: '__proto__.a', keep: 'last' },
  accented: { path: 'é', keep: 'last' },
  text: { path: 'choices[].delta.content', keep: 'characters' },
  plain: { path: 'content', keep: 'characters' },
  kinds: { path: 'choices[].type', keep: 'values' },
  kind: { path: 'type', keep: 'values' },
  choices: { path: 'choices[]', keep: 'count' },
  grid: { path: 'a[][]', keep: 'count' },
  inGrid: { path: 'a[][].a', keep: 'first' },
} as const satisfies Record<string, Capture>

const names = ['usage', 'a', 'choices', 'delta', 'é', '__proto__', 'uſage', '"\\']
const short = fc.string({ unit: 'binary', maxLength: 4 })
const long = fc.string({ unit: 'binary', maxLength: 80 })
const leaf = fc.oneof(short, long, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.constant(null))

const { value: json } = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof({ maxDepth: 5, withCrossShrink: true }, leaf, tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc
    .tuple(
      fc.uniqueArray(fc.tuple(fc.constantFrom(...names), tie('value')), { maxLength: 4, selector: ([name]) => name }),
      fc.option(long, { nil: undefined }),
      fc.option(short, { nil: undefined }),
    )
    .map(([members, content, type]) =>
      Object.fromEntries([...members, ['content', content], ['type', type]].filter(([, one]) => one !== undefined)),
    ),
}))

const likely = fc.record(
  {
    choices: fc.array(fc.record({ delta: fc.record({ content: long }), type: short }, { requiredKeys: [] }), { maxLength: 3 }),
    usage: fc.oneof(fc.constant(null), fc.record({ a: fc.integer(), b: json })),
    a: fc.oneof(json, fc.array(fc.array(json, { maxLength: 2 }), { maxLength: 2 })),
  },
  { requiredKeys: [] },
)

export const documents = fc.array(fc.oneof(json, likely, likely), { maxLength: 6 })

export type Style = 'plain' | 'spaced' | 'escaped'
export const styles = fc.constantFrom<Style>('plain', 'spaced', 'escaped')

/** The same JSON in other bytes: with spaces wherever they may be, or with every character of a string as an escape. */
export function writeJson(document: unknown, style: Style): string {
  if (style === 'spaced') return JSON.stringify(document, null, '\t').replaceAll('\n', ' ')
  const plain = JSON.stringify(document)
  return style === 'plain' ? plain : plain.replace(/"((?:[^"\\]|\\.)*)"/g, (quoted) => escapeAll(JSON.parse(quoted)))
}

const escapeAll = (text: string) =>
  `"${text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')}"`
