/** A provider as a program sees it that knows its own clients alone. */
export interface Offer {
  provider: string
  /** Where its calls go in truth. */
  baseUrl: string
}

interface Names {
  keys: readonly string[]
  url: string
  /** What clients expect in the URL that they read, where it is not the path of the provider's base URL. */
  path?: string
}

/** Names that clients read where they are not `<PROVIDER>_API_KEY` and `<PROVIDER>_BASE_URL`. */
const named: Readonly<Record<string, Names>> = {
  google: { keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], url: 'GOOGLE_GEMINI_BASE_URL' },
  groq: { keys: ['GROQ_API_KEY'], url: 'GROQ_BASE_URL', path: '' },
  cohere: { keys: ['CO_API_KEY', 'COHERE_API_KEY'], url: 'CO_API_URL' },
}

/** What the program finds in its environment beside what is there already; the agent's own token is not in it. */
export function makeEnvironment(outer: NodeJS.ProcessEnv, relay: string, token: string, offers: readonly Offer[]): NodeJS.ProcessEnv {
  const { KEYLEASE_TOKEN: _, ...environment } = outer
  for (const { provider, baseUrl } of offers) {
    const { keys, url, path = new URL(baseUrl).pathname.replace(/\/$/, '') } = findNames(provider)
    for (const key of keys) environment[key] = token
    environment[url] = `${relay}/${provider}${path}`
  }
  // A proxy of the network would send what is for this machine elsewhere.
  for (const name of ['NO_PROXY', 'no_proxy']) environment[name] = [outer[name], '127.0.0.1'].filter(Boolean).join(',')
  return environment
}

function findNames(provider: string): Names {
  const prefix = provider.toUpperCase().replaceAll('-', '_')
  return Object.hasOwn(named, provider) && named[provider] ? named[provider] : { keys: [`${prefix}_API_KEY`], url: `${prefix}_BASE_URL` }
}
