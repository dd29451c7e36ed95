import { alphaVantage } from './alpha-vantage'
import { anthropic } from './anthropic'
import { azure } from './azure'
import { bedrock } from './bedrock'
import { cerebras } from './cerebras'
import { cohere } from './cohere'
import { custom } from './custom'
import { deepseek } from './deepseek'
import { exa } from './exa'
import { financialModelingPrep } from './financial-modeling-prep'
import { finnhub } from './finnhub'
import { fireworks } from './fireworks'
import { google } from './google'
import { groq } from './groq'
import { mistral } from './mistral'
import { openai } from './openai'
import { openaiCompatible } from './openai-compatible'
import { openrouter } from './openrouter'
import { perplexity } from './perplexity'
import { polygon } from './polygon'
import type { Provider } from './provider'
import { tavily } from './tavily'
import { tiingo } from './tiingo'
import { together } from './together'
import { twelveData } from './twelve-data'
import { vertex } from './vertex'
import { voyage } from './voyage'
import { xai } from './xai'

/** Every provider that Keylease knows by itself. One file and one line here make a new one. */
export const catalogue: readonly Provider[] = [
  openai,
  anthropic,
  google,
  vertex,
  bedrock,
  azure,
  openaiCompatible,
  groq,
  openrouter,
  xai,
  deepseek,
  together,
  fireworks,
  cerebras,
  mistral,
  perplexity,
  cohere,
  voyage,
  tavily,
  exa,
  alphaVantage,
  finnhub,
  polygon,
  twelveData,
  financialModelingPrep,
  tiingo,
  custom,
]

export const findCatalogueProvider = (id: string): Provider | undefined => catalogue.find((provider) => provider.id === id)
