import { catalogue } from '@keylease/shared/providers/index'
import type { Provider } from '@keylease/shared/providers/provider'

/** How others spell the providers of the catalogue. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  azure: [
    'azure.ai.openai',
    'az.ai.openai',
    'azure.ai.inference',
    'az.ai.inference',
    'azure-openai',
    'azure_openai',
    'azure_ai',
    'azure-ai',
  ],
  google: [
    'gcp.gemini',
    'gcp.gen_ai',
    'gemini',
    'google.generative-ai',
    'google.generativeai',
    'google_genai',
    'google-gla',
    'google_ai_studio',
    'googleai',
  ],
  vertex: [
    'gcp.vertex_ai',
    'vertex_ai',
    'vertex_ai_beta',
    'vertexai',
    'google.vertex',
    'google-vertex',
    'google_vertexai',
    'vertex.anthropic',
  ],
  bedrock: ['aws.bedrock', 'aws_bedrock', 'amazon-bedrock', 'amazon_bedrock', 'bedrock_converse', 'aws'],
  mistral: ['mistral_ai', 'mistralai'],
  xai: ['x_ai', 'x-ai'],
  cohere: ['cohere_chat'],
  together: ['together_ai', 'togetherai', 'together-ai'],
  fireworks: ['fireworks_ai', 'fireworks-ai'],
  voyage: ['voyageai', 'voyage_ai'],
}

const idsBySpelling: ReadonlyMap<string, string> = new Map([
  ...catalogue.map(({ id }) => [id, id] as const),
  ...Object.entries(spellings).flatMap(([id, names]) => names.map((name) => [name, id] as const)),
])

/** Names of libraries and gateways in the place of a provider: they say nothing of who was called. */
const libraries: ReadonlySet<string> = new Set([
  'langchain',
  'llamaindex',
  'llama_index',
  'litellm',
  'litellm_proxy',
  'gcp.vertex.agent',
  'gateway',
  'vercel',
  'unknown',
  '_other',
])

/** Names of models that one provider alone has made. */
const modelNames: readonly (readonly [RegExp, string])[] = [
  [/^(?:(?:us|eu|apac|global|jp|au|ca)\.)?(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai|qwen)\.[a-z]/, 'bedrock'],
  [/^(?:gpt-|chatgpt-|o[1345](?:-|$)|text-embedding-3|text-embedding-ada|codex-|dall-e|whisper|tts-|omni-moderation)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^(?:models\/)?(?:gemini-|imagen-|veo-|gemma-)/, 'google'],
  [/^(?:mistral|ministral|magistral|codestral|devstral|pixtral)-/, 'mistral'],
  [/^(?:command-|rerank-|embed-(?:english|multilingual|v))/, 'cohere'],
  [/^grok-/, 'xai'],
  [/^deepseek-/, 'deepseek'],
  [/^sonar(?:-|$)/, 'perplexity'],
  [/^voyage-/, 'voyage'],
]

/** Hosts of clouds that each customer has its own of. */
const cloudHosts: readonly (readonly [RegExp, string])[] = [
  [/\.(?:openai|services\.ai|cognitiveservices|inference\.ai)\.azure\.com$/, 'azure'],
  [/^aiplatform\.googleapis\.com$/, 'vertex'],
]

const hostPatterns: readonly (readonly [RegExp, string])[] = [
  ...catalogue.flatMap((provider) => listHosts(provider).map((pattern) => [pattern, provider.id] as const)),
  ...cloudHosts,
]

function listHosts({ baseUrl, origins }: Provider): RegExp[] {
  const urls = [...(baseUrl === null ? [] : [baseUrl]), ...origins]
  return urls.map((url) => {
    const host = url.split('/')[2] ?? ''
    const pattern = host.replaceAll('.', '\\.').replace('{region}', '(?<region>[a-z0-9-]{2,40})').replace('*', '[a-z0-9-]{1,63}')
    return new RegExp(`^${pattern}$`)
  })
}

export interface Upstream {
  provider: string
  region: string | null
}

/** A host that is known is who was called, whatever the library thinks; then what it says; then whose model it is. */
export function findUpstream(told: string | null, address: string | null, model: string | null): Upstream {
  const host = address === null ? null : findHost(address)
  if (host) return host
  const provider = (told === null ? null : toProviderId(told)) ?? (model === null ? null : findModelProvider(model))
  return { provider: provider ?? 'unknown', region: null }
}

function findHost(address: string): Upstream | null {
  const host = address
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[:/].*$/, '')
  for (const [pattern, provider] of hostPatterns) {
    const match = pattern.exec(host)
    if (match) return { provider, region: match.groups?.['region'] ?? null }
  }
  return null
}

/** Ours, where it is one; else as it was sent, in safe characters. Clients add what they call to a name: `openai.responses`. */
export function toProviderId(told: string): string | null {
  const name = told.toLowerCase().trim().replaceAll(' ', '-')
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    const known = findKnown(name.slice(0, end))
    if (known !== null) return known
  }
  const safe = name.replace(/[^a-z0-9._-]/g, '').slice(0, 60)
  return safe === '' || libraries.has(safe) ? null : safe
}

const findKnown = (name: string): string | null => idsBySpelling.get(name) ?? null

/** The author before a slash, as gateways write it, or the family of the name. */
function findModelProvider(model: string): string | null {
  const name = model.toLowerCase()
  const slash = name.indexOf('/')
  const author = slash < 0 ? null : findKnown(name.slice(0, slash))
  return author ?? modelNames.find(([pattern]) => pattern.test(name.slice(slash + 1)))?.[1] ?? null
}
