import { type ImageTokens, oneRequest, type UsageVector } from '../../pricing/vector'
import type { Members } from './anthropic-usage'
import type { Counter } from './counter'
import { readMembers, readText } from './read-count'

export interface GeminiTokens {
  vector: UsageVector
  imageTokens: ImageTokens
}

/** The prompt includes what came from the cache; what tools brought into it comes on top. https://ai.google.dev/api/generate-content#UsageMetadata */
export function readGeminiTokens(usage: Members, searches: number, counter: Counter): GeminiTokens {
  const { count, part } = counter
  const prompt = count(usage['promptTokenCount'], 'promptTokenCount')
  const toolPrompt = count(usage['toolUsePromptTokenCount'], 'toolUsePromptTokenCount')
  const cacheRead = part(usage['cachedContentTokenCount'], 'cachedContentTokenCount', prompt)
  const cached = readModalities(usage['cacheTokensDetails'], counter)
  const sent = addModalities(
    readModalities(usage['promptTokensDetails'], counter),
    readModalities(usage['toolUsePromptTokensDetails'], counter),
  )
  const fresh = prompt + toolPrompt - cacheRead
  const audioIn = part(Math.max(0, sent.audio - cached.audio), 'audio of the prompt', fresh)
  const output = readOutput(usage, prompt + toolPrompt, counter)
  return {
    vector: oneRequest({ inputUncached: fresh - audioIn, cacheRead, audioIn, searches, ...output.classes }),
    imageTokens: { input: Math.min(Math.max(0, sent.image - cached.image), fresh - audioIn), output: output.images },
  }
}

/** Thoughts come on top of the candidates unless the total shows that they lie within them. */
function readOutput(usage: Members, input: number, counter: Counter) {
  const { count, part, note } = counter
  const candidates = count(usage['candidatesTokenCount'] ?? usage['responseTokenCount'], 'candidatesTokenCount')
  const thoughts = count(usage['thoughtsTokenCount'], 'thoughtsTokenCount')
  const total = count(usage['totalTokenCount'], 'totalTokenCount')
  const prompt = count(usage['promptTokenCount'], 'promptTokenCount')
  const isInside = thoughts > 0 && thoughts <= candidates && (total === input + candidates || total === prompt + candidates)
  const answer = isInside ? candidates - thoughts : candidates
  const sums = [input, prompt].map((tokens) => tokens + answer + thoughts)
  if (usage['totalTokenCount'] !== undefined && !sums.includes(total)) note(`totalTokenCount is ${total}, its parts are ${sums[0]}`)
  const made = readModalities(usage['candidatesTokensDetails'] ?? usage['responseTokensDetails'], counter)
  const audioOut = part(made.audio, 'audio of the candidates', answer)
  const outputText = answer - audioOut
  return { classes: { outputText, reasoning: thoughts, audioOut }, images: Math.min(made.image, outputText) }
}

interface Modalities {
  audio: number
  image: number
}

function readModalities(details: unknown, { count }: Counter): Modalities {
  const entries = Array.isArray(details) ? details.map((entry) => readMembers(entry) ?? {}) : []
  const sum = (modality: string) =>
    entries.filter((entry) => entry['modality'] === modality).reduce((total, entry) => total + count(entry['tokenCount'], modality), 0)
  return { audio: sum('AUDIO'), image: sum('IMAGE') }
}

const addModalities = (one: Modalities, other: Modalities): Modalities => ({
  audio: one.audio + other.audio,
  image: one.image + other.image,
})

const tiers: Readonly<Record<string, string>> = {
  ON_DEMAND_PRIORITY: 'priority',
  ON_DEMAND_FLEX: 'flex',
  ON_DEMAND_OFFPEAK: 'off-peak',
  PROVISIONED_THROUGHPUT: 'provisioned',
}

export function readGeminiTier(usage: Members): string | null {
  const told = readText(usage['serviceTier'])?.toLowerCase()
  return told && told !== 'unspecified' ? told : (tiers[readText(usage['trafficType']) ?? ''] ?? null)
}
