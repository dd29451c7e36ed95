import { oneRequest, type UsageVector } from '../../pricing/vector'
import type { Counter } from './counter'
import { readMembers, readText } from './read-count'

export type Members = Readonly<Record<string, unknown>>

/**
 * The counts of a message are cumulative: what a later event says stands, what it leaves out or sends as null stays. Servers that only
 * speak this wire may close with zeros for the input, which take nothing back either.
 */
export const mergeUsage = (opening: Members, later: Members): Members => ({
  ...opening,
  ...Object.fromEntries(Object.entries(later).filter(([name, value]) => value !== null && (value !== 0 || name === 'output_tokens'))),
})

/**
 * Input excludes what the cache holds; thinking lies within the output. Compaction and advisor runs come on top of the totals.
 * https://platform.claude.com/docs/en/build-with-claude/compaction
 */
export function readAnthropicVector(usage: Members, model: string | null, counter: Counter): UsageVector {
  const own = readTokens(usage, counter)
  const iterations = Array.isArray(usage['iterations']) ? usage['iterations'] : []
  const extra = iterations.map((run) => readMembers(run) ?? {}).filter(({ type }) => type === 'compaction' || type === 'advisor_message')
  if (extra.some((run) => run['model'] !== undefined && run['model'] !== model)) counter.note('a part ran on another model')
  const runs = [own, ...extra.map((run) => readTokens(run, counter))]
  const sum = (name: keyof typeof own) => runs.reduce((total, run) => total + run[name], 0)
  const thinking = counter.part(readMembers(usage['output_tokens_details'])?.['thinking_tokens'], 'thinking_tokens', own.output)
  return oneRequest({
    inputUncached: sum('input'),
    cacheRead: sum('cacheRead'),
    cacheWrite5m: sum('cacheWrite5m'),
    cacheWrite1h: sum('cacheWrite1h'),
    outputText: sum('output') - thinking,
    reasoning: thinking,
    searches: counter.count(readMembers(usage['server_tool_use'])?.['web_search_requests'], 'web_search_requests'),
  })
}

const readTokens = (usage: Members, { count, ...counter }: Counter) => ({
  input: count(usage['input_tokens'], 'input_tokens'),
  output: count(usage['output_tokens'], 'output_tokens'),
  cacheRead: count(usage['cache_read_input_tokens'], 'cache_read_input_tokens'),
  ...readCacheWrites(usage, { count, ...counter }),
})

/** Told without its durations, a write lasts five minutes, the default. */
function readCacheWrites(usage: Members, { count, note }: Counter) {
  const split = readMembers(usage['cache_creation']) ?? {}
  const short = count(split['ephemeral_5m_input_tokens'], 'ephemeral_5m_input_tokens')
  const long = count(split['ephemeral_1h_input_tokens'], 'ephemeral_1h_input_tokens')
  if ((usage['cache_creation_input_tokens'] ?? null) === null) return { cacheWrite5m: short, cacheWrite1h: long }
  const total = count(usage['cache_creation_input_tokens'], 'cache_creation_input_tokens')
  if (short + long > 0 && short + long !== total) note(`cache_creation adds up to ${short + long}, not ${total}`)
  const cacheWrite1h = Math.min(long, total)
  return { cacheWrite5m: total - cacheWrite1h, cacheWrite1h }
}

/** Fast mode has prices of its own, whatever the tier. */
export const readAnthropicTier = (usage: Members): string | null => (usage['speed'] === 'fast' ? 'fast' : readText(usage['service_tier']))
