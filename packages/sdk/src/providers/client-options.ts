import { type ApiKeyOptions, toApiKeyOptions } from './api-key'
import { type AzureOptions, type AzurePlace, toAzureOptions } from './azure'
import { type BedrockOptions, type BedrockPlace, toBedrockOptions } from './bedrock'
import { type CohereOptions, toCohereOptions } from './cohere'
import { type GoogleOptions, toGoogleOptions, toVertexOptions, type VertexOptions, type VertexPlace } from './google'
import { type MistralOptions, toMistralOptions } from './mistral'
import { wrapClient } from './wrap'

/** Which key of the provider is leased; absent, the policy decides. */
export interface KeyChoice {
  keyId?: string
}

export interface WrapOptions extends KeyChoice {
  /** Absent: as the base URL of the client says. */
  provider?: string
}

/** For each provider the options of its client. None holds a key or sets a base URL: the fetch in them is leased. */
export abstract class ClientOptions {
  protected abstract clientFetch(provider: string, options?: KeyChoice): typeof fetch

  /** For `new OpenAI()` and `createOpenAI()`. */
  openai(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('openai', choice))
  }

  /** For `new Anthropic()` and `createAnthropic()`. */
  anthropic(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('anthropic', choice))
  }

  /** For `new GoogleGenAI()` and `createGoogleGenerativeAI()`. */
  google(choice?: KeyChoice): GoogleOptions {
    return toGoogleOptions(this.clientFetch('google', choice))
  }

  /** For `new GoogleGenAI()`; project and location as its paths need them. */
  vertex({ keyId, ...place }: VertexPlace & KeyChoice = {}): VertexOptions {
    return toVertexOptions(this.clientFetch('vertex', toChoice(keyId)), place)
  }

  /** For `new BedrockRuntimeClient()` and `createAmazonBedrock()`. */
  bedrock({ keyId, region }: BedrockPlace & KeyChoice): BedrockOptions {
    return toBedrockOptions(this.clientFetch('bedrock', toChoice(keyId)), { region })
  }

  /** For `new AzureOpenAI()`; endpoint and version where the environment does not say them. */
  azure({ keyId, ...place }: AzurePlace & KeyChoice = {}): AzureOptions {
    return toAzureOptions(this.clientFetch('azure', toChoice(keyId)), place)
  }

  /** For `new CohereClient()`, `new CohereClientV2()` and `createCohere()`. */
  cohere(choice?: KeyChoice): CohereOptions {
    return toCohereOptions(this.clientFetch('cohere', choice))
  }

  /** For `new Mistral()` and `createMistral()`. */
  mistral(choice?: KeyChoice): MistralOptions {
    return toMistralOptions(this.clientFetch('mistral', choice))
  }

  /** For `new Groq()` and `createGroq()`. */
  groq(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('groq', choice))
  }

  /** For `createPerplexity()`, or a client of OpenAI with the base URL of Perplexity. */
  perplexity(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('perplexity', choice))
  }

  /** For a client of OpenAI with the base URL of OpenRouter. */
  openrouter(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('openrouter', choice))
  }

  /** For `createXai()`, or a client of OpenAI with the base URL of xAI. */
  xai(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('xai', choice))
  }

  deepseek(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('deepseek', choice))
  }

  together(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('together', choice))
  }

  fireworks(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('fireworks', choice))
  }

  cerebras(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('cerebras', choice))
  }

  voyage(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('voyage', choice))
  }

  /** For a client of OpenAI with the base URL of the key. */
  openaiCompatible(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('openai-compatible', choice))
  }

  tavily(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('tavily', choice))
  }

  exa(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('exa', choice))
  }

  alphaVantage(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('alpha-vantage', choice))
  }

  finnhub(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('finnhub', choice))
  }

  polygon(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('polygon', choice))
  }

  twelveData(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('twelve-data', choice))
  }

  financialModelingPrep(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('financial-modeling-prep', choice))
  }

  tiingo(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('tiingo', choice))
  }

  /** For any client that takes a fetch, with the base URL of the key. */
  custom(choice?: KeyChoice): ApiKeyOptions {
    return toApiKeyOptions(this.clientFetch('custom', choice))
  }

  /** The same client on leased keys: a copy by its own `withOptions`, so all that was set stays. */
  wrap<Client extends object>(client: Client, { provider, keyId }: WrapOptions = {}): Client {
    return wrapClient(client, provider, (id) => this.clientFetch(id, toChoice(keyId)))
  }
}

const toChoice = (keyId: string | undefined): KeyChoice => (keyId === undefined ? {} : { keyId })
