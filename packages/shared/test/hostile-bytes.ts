/** Numbers from 0 to 1 that a seed repeats. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const pick = <T>(random: () => number, all: readonly T[]): T => {
  const one = all[Math.floor(random() * all.length)]
  if (one === undefined) throw new Error('There is nothing to pick from.')
  return one
}

const encoder = new TextEncoder()
const tokens = [
  '"usage":',
  '{"__proto__":{"prompt_tokens":1e400}}',
  '1e400',
  '-1',
  'NaN',
  'null',
  '"',
  '\\',
  '\\u',
  '\\ud83d',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n\n',
  '\r',
  '\r\n',
  'data:',
  'data: [DONE]\n\n',
  'event: error\n',
  ': x\n',
  '\uFEFF',
  '\u0000',
  '{"'.repeat(200),
  '['.repeat(500),
  '[{"a":'.repeat(90),
  '9'.repeat(400),
  'x'.repeat(17_000),
  '"prompt_tokens":-5,',
  '"usage":[],',
  '"usage":"",',
  '"choices":{},',
  '"output_tokens":0.5,',
  '"total_tokens":{},',
  '"error":7,',
  '--b',
  '\r\n--b\r\n',
].map((token) => encoder.encode(token))

/** The bytes after a few accidents: cut, doubled, swapped, flipped, or with something in them that does not belong there. */
export function damage(bytes: Uint8Array, random: () => number): Uint8Array {
  let damaged = bytes
  for (let left = Math.floor(random() * 5); left > 0; left--) damaged = pick(random, accidents)(damaged, random)
  return damaged.subarray(0, 200_000)
}

type Accident = (bytes: Uint8Array, random: () => number) => Uint8Array

const place = (bytes: Uint8Array, random: () => number) => Math.floor(random() * (bytes.length + 1))

const accidents: readonly Accident[] = [
  (bytes, random) => bytes.slice(0, place(bytes, random)),
  (bytes, random) => bytes.slice(place(bytes, random)),
  (bytes, random) => join(bytes, bytes.slice(place(bytes, random))),
  (bytes, random) => (bytes.length === 0 ? bytes : bytes.with(...flip(bytes, random))),
  (bytes, random) => {
    const at = place(bytes, random)
    return join(bytes.slice(at), bytes.slice(0, at))
  },
  (bytes, random) => {
    const at = place(bytes, random)
    return join(bytes.slice(0, at), pick(random, tokens), bytes.slice(at))
  },
]

const flip = (bytes: Uint8Array, random: () => number): [number, number] => [
  Math.min(place(bytes, random), Math.max(0, bytes.length - 1)),
  Math.floor(random() * 256),
]

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
