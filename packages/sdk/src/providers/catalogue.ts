import type { Provider } from '@keylease/shared/providers/provider'

/** What each provider's calls need is loaded with the first of them: nobody pays for the others. */
const loaders: Readonly<Record<string, () => Promise<Provider>>> = {
  openai: () => import('@keylease/shared/providers/openai').then(({ openai }) => openai),
  anthropic: () => import('@keylease/shared/providers/anthropic').then(({ anthropic }) => anthropic),
  google: () => import('@keylease/shared/providers/google').then(({ google }) => google),
  vertex: () => import('@keylease/shared/providers/vertex').then(({ vertex }) => vertex),
  bedrock: () => import('@keylease/shared/providers/bedrock').then(({ bedrock }) => bedrock),
  azure: () => import('@keylease/shared/providers/azure').then(({ azure }) => azure),
  cohere: () => import('@keylease/shared/providers/cohere').then(({ cohere }) => cohere),
  mistral: () => import('@keylease/shared/providers/mistral').then(({ mistral }) => mistral),
  perplexity: () => import('@keylease/shared/providers/perplexity').then(({ perplexity }) => perplexity),
  groq: () => import('@keylease/shared/providers/groq').then(({ groq }) => groq),
  openrouter: () => import('@keylease/shared/providers/openrouter').then(({ openrouter }) => openrouter),
  xai: () => import('@keylease/shared/providers/xai').then(({ xai }) => xai),
  deepseek: () => import('@keylease/shared/providers/deepseek').then(({ deepseek }) => deepseek),
  together: () => import('@keylease/shared/providers/together').then(({ together }) => together),
  fireworks: () => import('@keylease/shared/providers/fireworks').then(({ fireworks }) => fireworks),
  cerebras: () => import('@keylease/shared/providers/cerebras').then(({ cerebras }) => cerebras),
  voyage: () => import('@keylease/shared/providers/voyage').then(({ voyage }) => voyage),
  'openai-compatible': () => import('@keylease/shared/providers/openai-compatible').then(({ openaiCompatible }) => openaiCompatible),
  tavily: () => import('@keylease/shared/providers/tavily').then(({ tavily }) => tavily),
  exa: () => import('@keylease/shared/providers/exa').then(({ exa }) => exa),
  'alpha-vantage': () => import('@keylease/shared/providers/alpha-vantage').then(({ alphaVantage }) => alphaVantage),
  finnhub: () => import('@keylease/shared/providers/finnhub').then(({ finnhub }) => finnhub),
  polygon: () => import('@keylease/shared/providers/polygon').then(({ polygon }) => polygon),
  'twelve-data': () => import('@keylease/shared/providers/twelve-data').then(({ twelveData }) => twelveData),
  'financial-modeling-prep': () =>
    import('@keylease/shared/providers/financial-modeling-prep').then(({ financialModelingPrep }) => financialModelingPrep),
  tiingo: () => import('@keylease/shared/providers/tiingo').then(({ tiingo }) => tiingo),
  custom: () => import('@keylease/shared/providers/custom').then(({ custom }) => custom),
}

const loaded = new Map<string, Promise<Provider>>()

/** One that the catalogue does not know is the organization's own: its lease says how its key travels. */
export function loadProvider(id: string): Promise<Provider> {
  const load = (Object.hasOwn(loaders, id) ? loaders[id] : undefined) ?? (() => loadOwn(id))
  const known = loaded.get(id) ?? load()
  loaded.set(id, known)
  return known
}

const loadOwn = (id: string): Promise<Provider> =>
  import('@keylease/shared/providers/custom').then(({ custom }) => ({ ...custom, id, name: id }))
