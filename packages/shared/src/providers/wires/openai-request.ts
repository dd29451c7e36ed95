import type { Capture, Captured } from '../../metering/capture'
import type { RequestReading } from '../../metering/reading'
import type { RequestFacts, RequestShape } from '../operation'
import { readMembers, readText, readTotal } from './read-count'

/**
 * What nearly every request of this family says. The last of two members of one name counts, as it does for the servers: a request
 * must not show one model to us and another to them.
 */
export const requestCaptures = {
  model: { path: 'model', keep: 'last' },
  stream: { path: 'stream', keep: 'last' },
  tier: { path: 'service_tier', keep: 'last' },
  includeUsage: { path: 'stream_options.include_usage', keep: 'last' },
  fallbackModels: { path: 'models', keep: 'count' },
} as const satisfies Record<string, Capture>

/** A model of the path stands above one of the body, which the server then ignores. A list of models to choose from names none. */
export function readRequest(captured: Captured, { params, bytes }: RequestFacts, own: Partial<RequestReading>): RequestReading {
  const named = params['deployment'] ?? params['model'] ?? readText(captured['model'])
  return {
    model: readTotal(captured['fallbackModels']) > 0 ? null : named,
    isStream: isTrue(captured['stream']),
    maxOutputTokens: null,
    maxInputTokens: bytes,
    characters: 0,
    serviceTier: readText(captured['tier']),
    needsUsageOption: false,
    ...own,
  }
}

export const needsUsageOption = (captured: Captured): boolean => isTrue(captured['stream']) && captured['includeUsage'] !== true

/** A form says `true` as a word. */
const isTrue = (value: unknown) => value === true || value === 'true'

/** A limit that holds: a whole number, also where a lenient server takes it as text. `absent` where there is none. */
export function readLimit<T>(value: unknown, absent: T): number | T | null {
  if (value === undefined) return absent
  const limit = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value
  return typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 0 ? limit : null
}

/** Null as soon as one factor is unknown. */
export const multiplyLimits = (...limits: (number | null)[]): number | null =>
  limits.reduce<number | null>((product, limit) => (product === null || limit === null ? null : product * limit), 1)

/** The larger of those that are told; null where none is, or one makes no sense. */
export function readLargestLimit(...values: unknown[]): number | null {
  const told = values.filter((value) => value !== undefined).map((value) => readLimit(value, null))
  return told.length === 0 || told.includes(null) ? null : Math.max(...told.map((limit) => limit ?? 0))
}

const ownTools = ['function', 'custom']

/** Whether a tool among them, by a capture of their types, is run by the provider, which then adds to the input what it finds. */
export const hasHostedTool = (types: unknown): boolean => Object.keys(readMembers(types) ?? {}).some((type) => !ownTools.includes(type))

/** The same shape, where some models go beyond the limits that a request tells. */
export const withoutLimits = (
  shape: RequestShape,
  isBoundless: (model: string) => boolean,
  limits: Partial<RequestReading>,
): RequestShape => ({
  ...shape,
  read(captured, facts) {
    const request = shape.read(captured, facts)
    return request.model !== null && isBoundless(request.model) ? { ...request, ...limits } : request
  },
})

/** A request without a model or a body that matters, such as a list. */
export const bareRequest: RequestShape = {
  captures: {},
  read: (captured, facts) => readRequest(captured, facts, { maxOutputTokens: 0, maxInputTokens: 0 }),
}
