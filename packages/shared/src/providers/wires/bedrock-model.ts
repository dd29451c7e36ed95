/** The model of a path: an ARN of a foundation model or inference profile names it at its end, other ARNs stand for themselves. */
export const readBedrockModel = (model: string | undefined): string | null =>
  model === undefined ? null : (/^arn:[^/]*:(?:foundation-model|inference-profile)\/(.+)$/.exec(model)?.[1] ?? model)

/** A prompt that is kept at the provider stands where the model would. */
export const isStoredPrompt = (model: string | undefined): boolean => model !== undefined && /^arn:[^/]*:prompt\//.test(model)
