import { ConfigError } from '../errors'
import { toApiKeyOptions } from './api-key'

/** Whose client it is, by the host that it was made for: those that clients with `withOptions` are made for. */
export const wrappedHosts: Readonly<Record<string, string>> = {
  'api.openai.com': 'openai',
  'eu.api.openai.com': 'openai',
  'us.api.openai.com': 'openai',
  'api.anthropic.com': 'anthropic',
  'api.groq.com': 'groq',
  'openrouter.ai': 'openrouter',
  'api.x.ai': 'xai',
  'api.deepseek.com': 'deepseek',
  'api.perplexity.ai': 'perplexity',
  'api.together.xyz': 'together',
  'api.together.ai': 'together',
  'api.fireworks.ai': 'fireworks',
  'api.cerebras.ai': 'cerebras',
}

export function wrapClient<Client extends object>(
  client: Client,
  provider: string | undefined,
  createFetch: (provider: string) => typeof fetch,
): Client {
  if (!hasWithOptions(client)) {
    throw new ConfigError('This client has no withOptions, so it cannot be wrapped: make a new one with the options of its provider.')
  }
  return client.withOptions(toApiKeyOptions(createFetch(provider ?? findProvider(client))))
}

function findProvider(client: object): string {
  const baseUrl = 'baseURL' in client ? String(client.baseURL) : ''
  const { hostname } = URL.canParse(baseUrl) ? new URL(baseUrl) : { hostname: '' }
  const provider = Object.hasOwn(wrappedHosts, hostname) ? wrappedHosts[hostname] : undefined
  if (provider !== undefined) return provider
  if (hostname.endsWith('.openai.azure.com')) return 'azure'
  throw new ConfigError(
    `No provider is known by the base URL of this client: name it, as in wrap(client, { provider: 'openai-compatible' }).`,
  )
}

const hasWithOptions = <Client extends object>(client: Client): client is Client & { withOptions(options: object): Client } =>
  'withOptions' in client && typeof client.withOptions === 'function'
