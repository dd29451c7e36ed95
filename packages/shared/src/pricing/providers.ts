/** Where else a provider's models are priced: its own rows first, then those of others, in this order. */
const priceSources: ReadonlyMap<string, readonly string[]> = new Map([
  ['google', ['google', 'anthropic']],
  ['vertex', ['vertex', 'google', 'anthropic']],
  ['azure', ['azure', 'openai', 'anthropic', 'deepseek', 'xai', 'moonshotai']],
])

export const priceSourcesOf = (provider: string): readonly string[] => priceSources.get(provider) ?? [provider]

/** Providers that sell the models of others under `provider/model` and take what those take. */
export const resellers: ReadonlySet<string> = new Set(['openrouter'])

/** How the author in such a name is called here. */
const authorIds: ReadonlyMap<string, string> = new Map([
  ['x-ai', 'xai'],
  ['mistralai', 'mistral'],
])

export const toAuthorId = (author: string): string => authorIds.get(author) ?? author
