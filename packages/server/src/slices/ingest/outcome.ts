import type { PartialSuccess } from './otlp/answer'

/** Why a record did not become an event, for the one who sent it. */
const refusals = {
  malformed: 'a record that claims to be a call and lacks its lease, sequence, provider or valid ids',
  too_old: 'a call that ended more than 30 days ago',
  foreign_lease: 'a lease that does not belong to the agent of this credential',
} as const
export type Refusal = keyof typeof refusals

const namedModels = 5

/** Null where everything was taken and has its price. Nothing is rejected in a warning. */
export function toPartialSuccess(refused: readonly Refusal[], unpriced: ReadonlySet<string>): PartialSuccess | null {
  const sentences = [...describeRefusals(refused), ...describeUnpriced([...unpriced].sort())]
  return sentences.length === 0 ? null : { rejected: refused.length, message: sentences.join(' ') }
}

function describeRefusals(refused: readonly Refusal[]): string[] {
  const counts = Object.entries(refusals).flatMap(([why, words]) => {
    const count = refused.filter((one) => one === why).length
    return count === 0 ? [] : [`${count} × ${words}`]
  })
  return counts.length === 0 ? [] : [`Not taken: ${counts.join('; ')}.`]
}

function describeUnpriced(models: readonly string[]): string[] {
  if (models.length === 0) return []
  const more = models.length > namedModels ? ` and ${models.length - namedModels} more` : ''
  return [
    `Taken without a price: ${models.slice(0, namedModels).join(', ')}${more}. Agree one under Prices; it is applied by a re-pricing.`,
  ]
}
