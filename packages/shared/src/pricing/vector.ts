/**
 * What one call used, in disjoint classes: nothing is counted in two. Tokens, but for images, requests, searches, seconds and
 * characters. Image tokens lie inside the text classes; a price that differs for them finds how many in `ImageTokens`.
 */
export const usageClasses = [
  'inputUncached',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'outputText',
  'reasoning',
  'audioIn',
  'audioOut',
  'images',
  'requests',
  'searches',
  'seconds',
  'characters',
] as const
export type UsageClass = (typeof usageClasses)[number]
export type UsageVector = Record<UsageClass, number>

/** How many tokens of `inputUncached` and of `outputText` were images. */
export interface ImageTokens {
  input: number
  output: number
}

export const inputClasses = [
  'inputUncached',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'audioIn',
] as const satisfies readonly UsageClass[]
export const outputClasses = ['outputText', 'reasoning', 'audioOut'] as const satisfies readonly UsageClass[]

/** One call that used nothing else yet. */
export const oneRequest = (counts: Partial<UsageVector> = {}): UsageVector => ({
  inputUncached: counts.inputUncached ?? 0,
  cacheRead: counts.cacheRead ?? 0,
  cacheWrite5m: counts.cacheWrite5m ?? 0,
  cacheWrite1h: counts.cacheWrite1h ?? 0,
  outputText: counts.outputText ?? 0,
  reasoning: counts.reasoning ?? 0,
  audioIn: counts.audioIn ?? 0,
  audioOut: counts.audioOut ?? 0,
  images: counts.images ?? 0,
  requests: counts.requests ?? 1,
  searches: counts.searches ?? 0,
  seconds: counts.seconds ?? 0,
  characters: counts.characters ?? 0,
})

export const sumOf = (vector: UsageVector, classes: readonly UsageClass[]): number => classes.reduce((sum, name) => sum + vector[name], 0)
