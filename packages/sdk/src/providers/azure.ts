import { type ApiKeyOptions, toApiKeyOptions } from './api-key'

/** What AzureOpenAI needs to form its paths: it asks for an endpoint and a version, or reads them from the environment. */
export interface AzurePlace {
  /** The base URL of the key, such as https://NAME.openai.azure.com. */
  endpoint?: string
  apiVersion?: string
  deployment?: string
}

export interface AzureOptions extends ApiKeyOptions, AzurePlace {}

export const toAzureOptions = (fetch: typeof globalThis.fetch, { endpoint, apiVersion, deployment }: AzurePlace): AzureOptions => ({
  ...toApiKeyOptions(fetch),
  ...(endpoint !== undefined && { endpoint }),
  ...(apiVersion !== undefined && { apiVersion }),
  ...(deployment !== undefined && { deployment }),
})
