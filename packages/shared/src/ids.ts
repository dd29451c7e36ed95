import { fillFromPage } from './random-page'

/** Prefix of each kind of id; the word after it is the domain's. */
export const idPrefixes = {
  organization: 'org',
  user: 'usr',
  session: 'ses',
  account: 'acct',
  verification: 'vrf',
  twoFactor: 'totp',
  passkey: 'psk',
  team: 'team',
  member: 'mem',
  invitation: 'inv',
  project: 'prj',
  agent: 'agt',
  platformKey: 'plk',
  providerKey: 'pky',
  keyVersion: 'kver',
  grant: 'grant',
  trustRule: 'trust',
  attributionRule: 'attr',
  probe: 'probe',
  usageEvent: 'use',
  rePricing: 'rpr',
  lease: 'lse',
  slice: 'slice',
  revocation: 'rvk',
  eventClient: 'evc',
  task: 'task',
  price: 'price',
  event: 'evt',
  webhook: 'whk',
  delivery: 'dlv',
  checkpoint: 'chk',
  securityEvent: 'sec',
  auditEntry: 'aud',
  request: 'req',
} as const

export type IdKind = keyof typeof idPrefixes

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const timeCharacters = 10
const randomCharacters = 16

export interface IdSource {
  now(): number
  fill(bytes: Uint8Array<ArrayBuffer>): void
}

const systemSource: IdSource = { now: Date.now, fill: fillFromPage }

/** Prefix, 10 characters of milliseconds and 16 of randomness: later ids sort after earlier ones as plain text. */
export function newId(kind: IdKind, source: IdSource = systemSource): string {
  return `${idPrefixes[kind]}_${encodeTime(source.now())}${encodeRandom(source)}`
}

export function isId(kind: IdKind, text: string): boolean {
  return idPattern(kind).test(text)
}

/** The kind of a well-formed id; null for anything else. */
export function readIdKind(text: string): IdKind | null {
  const kinds = Object.keys(idPrefixes) as IdKind[]
  return kinds.find((kind) => isId(kind, text)) ?? null
}

/** When a well-formed id was made, in milliseconds. */
export function timeOfId(id: string): number {
  const start = id.lastIndexOf('_') + 1
  return [...id.slice(start, start + timeCharacters)].reduce((ms, character) => ms * 32 + alphabet.indexOf(character), 0)
}

const patterns = new Map<IdKind, RegExp>()

/** The first character stays below 8: 26 characters hold 130 bits and an id uses 128. */
export function idPattern(kind: IdKind): RegExp {
  const known = patterns.get(kind)
  if (known) return known
  const pattern = new RegExp(`^${idPrefixes[kind]}_[0-7][${alphabet}]{25}$`)
  patterns.set(kind, pattern)
  return pattern
}

let last = { ms: -1, text: '' }

/** Ids come in bursts: most share their millisecond with the one before. */
function encodeTime(ms: number): string {
  if (last.ms === ms) return last.text
  let text = ''
  for (let rest = ms, i = 0; i < timeCharacters; i++) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  last = { ms, text }
  return text
}

const random = new Uint8Array(randomCharacters)

function encodeRandom(source: IdSource): string {
  source.fill(random)
  let text = ''
  for (const byte of random) text += alphabet.charAt(byte & 31)
  return text
}
