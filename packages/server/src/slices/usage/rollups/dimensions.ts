import type { CallPlace } from './call-groups'

/** Stands for every value of a dimension beyond those that one day names. No value begins with a control character. */
export const otherValue = '\u0001'
/** How many values of a dimension a local day names. */
export const maximumValues = 1_000

type Text = string | null

/** Where a call stands along a dimension: at one value, at a pair of values, or at each of several. */
type Source = { value: (call: CallPlace) => Text; paired?: (call: CallPlace) => Text } | { values: (call: CallPlace) => readonly string[] }

/** Along what sums are kept. */
const dimensions = {
  total: { value: () => null },
  provider: { value: (call) => call.provider },
  model: { value: (call) => call.model },
  operation: { value: (call) => call.operation },
  endpoint: { value: (call) => call.endpoint },
  agent: { value: (call) => call.agentId },
  project: { value: (call) => call.projectId },
  team: { value: (call) => call.teamId },
  member: { value: (call) => call.memberId },
  key: { value: (call) => call.keyId },
  environment: { value: (call) => call.environment },
  tag: { values: (call) => call.tags },
  agent_model: { value: (call) => call.agentId, paired: (call) => call.model },
  key_model: { value: (call) => call.keyId, paired: (call) => call.model },
  project_model: { value: (call) => call.projectId, paired: (call) => call.model },
} as const satisfies Record<string, Source>

export type Dimension = keyof typeof dimensions

const maximumLength = 200
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const special = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/

export const dimensionSources = Object.entries(dimensions) as [Dimension, Source][] // the names are its own

/** A value as a key of the sums; '' where there is none. */
export function toKeyText(value: Text | undefined): string {
  if (!value) return ''
  if (value.length <= maximumLength && !special.test(value)) return value
  return [...value.replace(/\p{Cc}/gu, '').toWellFormed()].slice(0, maximumLength).join('')
}
