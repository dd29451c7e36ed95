import { inputClasses, outputClasses, type UsageClass, usageClasses } from './vector'

/** What a price may hold a rate for: every class of the vector, and the image tokens that lie inside its text classes. */
export const rateClasses = [...usageClasses, 'imageIn', 'imageOut'] as const
export type RateClass = (typeof rateClasses)[number]

/** Nano-dollars per million units. */
export type Rates = Readonly<Partial<Record<RateClass, bigint>>>

/** What multipliers of service tiers and regions stand on: fees by the search, image or second keep their amount. */
export const tokenClasses: readonly RateClass[] = [...inputClasses, ...outputClasses, 'imageIn', 'imageOut']

interface Fallback {
  to: readonly RateClass[]
  reason: string
}

/** Where a class has no rate of its own, the first of these that has one stands in. A class that is not here is then unpriced. */
export const rateFallbacks: Readonly<Partial<Record<RateClass, Fallback>>> = {
  cacheRead: { to: ['inputUncached'], reason: 'Without a discount a cached token costs what any input token costs.' },
  cacheWrite5m: { to: ['inputUncached'], reason: 'Without a surcharge a token that fills the cache is an input token.' },
  cacheWrite1h: { to: ['cacheWrite5m', 'inputUncached'], reason: 'Without a price by duration every cache write costs the same.' },
  reasoning: { to: ['outputText'], reason: 'Every provider bills reasoning as output unless it lists a price of its own.' },
  imageIn: { to: ['inputUncached'], reason: 'Image tokens are counted inside the input tokens and cost as they do.' },
  imageOut: { to: ['outputText'], reason: 'Image tokens are counted inside the output tokens and cost as they do.' },
}

/** A second count of what other classes already hold: no rate is then no gap, if one of them was told. */
export const countedElsewhere: Readonly<Partial<Record<RateClass, { by: readonly RateClass[]; reason: string }>>> = {
  images: { by: ['imageOut'], reason: 'Images that are billed by their tokens are not billed by the piece as well.' },
  seconds: { by: ['audioIn', 'audioOut'], reason: 'Audio that is billed by its tokens is not billed by the second as well.' },
  characters: { by: ['inputUncached', 'audioOut'], reason: 'Speech that is billed by its tokens is not billed by the character as well.' },
}

/** Costs nothing unless a price says so: most providers take no fee by the request. */
export const freeClasses: readonly UsageClass[] = ['requests']

export const findRate = (rates: Rates, name: RateClass): bigint | undefined => {
  const own = rates[name]
  if (own !== undefined) return own
  for (const other of rateFallbacks[name]?.to ?? []) {
    const rate = rates[other]
    if (rate !== undefined) return rate
  }
  return freeClasses.includes(name as UsageClass) ? 0n : undefined
}
