/** What clients ask for as a key: the leased fetch puts the real one in its place. */
export const placeholderKey = 'keylease'

/** The two options that nearly every client, and every factory of the Vercel AI SDK, has. */
export interface ApiKeyOptions {
  apiKey: string
  fetch: typeof fetch
}

export const toApiKeyOptions = (fetch: ApiKeyOptions['fetch']): ApiKeyOptions => ({ apiKey: placeholderKey, fetch })
