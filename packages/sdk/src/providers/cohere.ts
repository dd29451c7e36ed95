import { type ApiKeyOptions, placeholderKey, toApiKeyOptions } from './api-key'

/** cohere-ai calls its key a token. */
export interface CohereOptions extends ApiKeyOptions {
  token: string
}

export const toCohereOptions = (fetch: typeof globalThis.fetch): CohereOptions => ({ ...toApiKeyOptions(fetch), token: placeholderKey })
