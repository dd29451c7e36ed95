import type { UsageOption } from '../providers/operation'
import { LF, toBytes } from './bytes'

/** One character for each byte. */
const decoder = new TextDecoder('latin1')
const eventEnd = '\n\n'
const dataStart = 'data:'

/** From where to where in a chunk. */
export interface Range {
  from: number
  to: number
}

const nothing: Range[] = []

const places = new WeakMap<UsageOption, UsualPlace>()

/** One for all streams of an option: they mostly begin alike. */
export function findUsualPlace(option: UsageOption): UsualPlace {
  const place = places.get(option) ?? new UsualPlace(option)
  places.set(option, place)
  return place
}

/**
 * Where events name a list that those of usage alone leave empty: a look at that place tells what needs no reading. These bytes cannot
 * stand inside a string. Inside another member they could mislead: then an event of usage alone passes, which takes nothing from anybody.
 */
class UsualPlace {
  readonly #name: string
  readonly #bytes: Uint8Array
  #at = 0

  constructor({ otherMember }: Pick<UsageOption, 'otherMember'>) {
    this.#name = `"${otherMember}":[{`
    this.#bytes = toBytes(this.#name)
  }

  /** Whether a chunk is one event, on one line, with something in that list. */
  isFilled(chunk: Uint8Array): boolean {
    if (this.#at === 0 || chunk.indexOf(LF) !== chunk.length - eventEnd.length) return false
    const bytes = this.#bytes
    for (let place = 0; place < bytes.length; place++) if (chunk[this.#at + place] !== bytes[place]) return false
    return true
  }

  learn(text: string): void {
    const at = text.indexOf(this.#name)
    if (at > 0) this.#at = at
  }
}

/**
 * The events of a chunk that hold nothing but usage, told with the means of the runtime. The chunk is of whole events; null where one of
 * them is not written as nearly all are, on one line and without escapes in its names, and may hold usage.
 */
export function findUsageEvents(chunk: Uint8Array, option: UsageOption): Range[] | null {
  const text = decoder.decode(chunk)
  const name = `${option.member}"`
  if (text.includes('\\u00')) return null
  if (!mayHold(text, name)) {
    findUsualPlace(option).learn(text)
    return nothing
  }
  if (text.includes('\r')) return null
  const found: Range[] = []
  for (let from = 0, to = 0; from < text.length; from = to) {
    to = text.indexOf(eventEnd, from) + eventEnd.length
    const event = text.slice(from, to - eventEnd.length)
    if (!mayHold(event, name)) continue
    const members = event.startsWith(dataStart) && !event.includes('\n') ? parseMembers(event.slice(dataStart.length)) : null
    if (members === null) return null
    if (option.isOnlyUsage(option.toCaptured(members))) found.push({ from, to })
  }
  return found
}

/** Whether it has the member, named up to its last quote, with a value other than null. It mostly stands at the end. */
function mayHold(text: string, name: string): boolean {
  for (let at = text.lastIndexOf(name); at > 0; at = text.lastIndexOf(name, at - 1)) {
    if (text[at - 1] === '"' && !isNull(text, at + name.length)) return true
  }
  return false
}

const isNull = (text: string, at: number): boolean => text.startsWith(':null', at) || text.startsWith(': null', at)

function parseMembers(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null
  } catch {
    return null
  }
}
