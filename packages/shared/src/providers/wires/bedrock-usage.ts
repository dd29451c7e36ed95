import type { AnswerFacts } from '../../metering/reading'
import { oneRequest, type UsageVector } from '../../pricing/vector'
import type { Members } from './anthropic-usage'
import type { Counter } from './counter'
import { readMembers } from './read-count'

/** What lies in the cache is not in the input. The total holds it for some models and not for others. */
export function readBedrockTokens(usage: Members, counter: Counter): UsageVector {
  const { count, note } = counter
  const inputUncached = count(usage['inputTokens'], 'inputTokens')
  const outputText = count(usage['outputTokens'], 'outputTokens')
  const cacheRead = count(usage['cacheReadInputTokens'] ?? usage['cacheReadInputTokenCount'], 'cacheReadInputTokens')
  const written = count(usage['cacheWriteInputTokens'] ?? usage['cacheWriteInputTokenCount'], 'cacheWriteInputTokens')
  const total = count(usage['totalTokens'], 'totalTokens')
  const sums = [inputUncached + outputText, inputUncached + outputText + cacheRead + written]
  if (usage['totalTokens'] !== undefined && !sums.includes(total)) note(`totalTokens is ${total}, its parts are ${sums[1]}`)
  const cacheWrite1h = Math.min(readHourWrites(usage['cacheDetails'], written, counter), written)
  return oneRequest({ inputUncached, outputText, cacheRead, cacheWrite5m: written - cacheWrite1h, cacheWrite1h })
}

function readHourWrites(details: unknown, written: number, { count, note }: Counter): number {
  const entries = Array.isArray(details) ? details.map((entry) => readMembers(entry) ?? {}) : []
  const tokens = entries.map((entry) => ({ isHour: entry['ttl'] === '1h', tokens: count(entry['inputTokens'], 'cacheDetails') }))
  const sum = tokens.reduce((all, entry) => all + entry.tokens, 0)
  if (sum > 0 && sum !== written) note(`cacheDetails add up to ${sum}, not ${written}`)
  return tokens.reduce((all, entry) => all + (entry.isHour ? entry.tokens : 0), 0)
}

const headerNames: Readonly<Record<string, string>> = {
  inputTokens: 'x-amzn-bedrock-input-token-count',
  outputTokens: 'x-amzn-bedrock-output-token-count',
  cacheReadInputTokens: 'x-amzn-bedrock-cache-read-input-token-count',
  cacheWriteInputTokens: 'x-amzn-bedrock-cache-write-input-token-count',
}

/** The counts that an answer tells in its headers, by the names of the body; null without an input. */
export function readHeaderUsage({ headers }: AnswerFacts): Members | null {
  const told = Object.entries(headerNames).flatMap(([name, header]) => {
    const text = headers[header]
    return text !== undefined && /^\d{1,15}$/.test(text) ? [[name, Number(text)] as const] : []
  })
  return told.some(([name]) => name === 'inputTokens') ? Object.fromEntries(told) : null
}

/** The last chunk of a stream names its counts so. */
export function readMetricsUsage(value: unknown): Members | null {
  const metrics = readMembers(value)
  if (metrics?.['inputTokenCount'] === undefined) return null
  return {
    inputTokens: metrics['inputTokenCount'],
    outputTokens: metrics['outputTokenCount'],
    cacheReadInputTokens: metrics['cacheReadInputTokenCount'],
    cacheWriteInputTokens: metrics['cacheWriteInputTokenCount'],
  }
}
