import { type ApiKeyOptions, toApiKeyOptions } from './api-key'

/** @mistralai/mistralai takes no fetch but an HTTPClient of its own class. */
export interface MistralOptions extends ApiKeyOptions {
  /** Typed so that the class fits, whose private members nothing else can have: its client calls `request` alone. */
  httpClient: never
}

export function toMistralOptions(fetch: typeof globalThis.fetch): MistralOptions {
  const httpClient = { request: (request: Request) => sendRequest(fetch, request) }
  return { ...toApiKeyOptions(fetch), httpClient: httpClient as never }
}

/** With its body in hand: as a stream it could be neither read for its model nor sent again. */
async function sendRequest(fetch: typeof globalThis.fetch, request: Request): Promise<Response> {
  const { url, method, headers, signal } = request
  return fetch(url, { method, headers, signal, body: request.body === null ? null : await request.arrayBuffer() })
}
