import { anthropic } from './anthropic'
import { custom } from './custom'
import { openai } from './openai'
import type { Provider } from './provider'

/** Every provider that Keylease knows by itself. One file and one line here make a new one. */
export const catalogue: readonly Provider[] = [openai, anthropic, custom]

export const findCatalogueProvider = (id: string): Provider | undefined => catalogue.find((provider) => provider.id === id)
