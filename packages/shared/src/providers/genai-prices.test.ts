import { expect, test } from 'vitest'
import { readGenaiCounts, toInclusive } from './fixtures/genai-counts'
import { locateOperation, readWireAnswer, wireCases } from './fixtures/wire-cases'
import type { OperationKind } from './operation'

/** Their provider, and their name for the shape. Together has no extractor there. */
const theirs: Record<string, { provider: string; flavors: Partial<Record<OperationKind, string>> }> = {
  openai: { provider: 'openai', flavors: { chat: 'chat', responses: 'responses', embeddings: 'embeddings', image: 'images' } },
  azure: { provider: 'azure', flavors: { chat: 'chat', responses: 'responses', embeddings: 'embeddings' } },
  groq: { provider: 'groq', flavors: { chat: 'default' } },
  openrouter: { provider: 'openrouter', flavors: { chat: 'chat' } },
  xai: { provider: 'x-ai', flavors: { chat: 'chat' } },
  deepseek: { provider: 'deepseek', flavors: { chat: 'chat' } },
  fireworks: { provider: 'fireworks', flavors: { chat: 'chat' } },
  cerebras: { provider: 'cerebras', flavors: { chat: 'chat' } },
  mistral: { provider: 'mistral', flavors: { chat: 'default', embeddings: 'default' } },
  perplexity: { provider: 'perplexity', flavors: { chat: 'default' } },
}

/** Where it reads something else, and why we differ. */
const disagreements: Record<string, string> = {
  'deepseek/chat-hit-only': 'it does not know prompt_cache_hit_tokens, so what came from the cache would cost the full price',
  'deepseek/chat-misses-off': 'as above',
  'deepseek/messages': 'it reads the wire of Anthropic at Anthropic alone',
  'openrouter/messages': 'as above',
  'fireworks/chat-plain': 'what came from the cache stands in a header, which it does not see',
  'fireworks/chat-stream': 'what came from the cache stands in perf_metrics, which it does not see',
  'mistral/chat-plain': 'it does not know num_cached_tokens',
  'openai/chat-hostile': 'it refuses what is no count; we keep what makes sense and say that it does not add up',
  'openai/image-svg': 'it does not know svg_usage, which is billed beside the image',
  'openai/responses-image-tool': 'it does not see tool_usage; we count its tokens and call the sum an estimate',
  'openai/responses-tools': 'searches are output items, outside the usage that it reads',
  'perplexity/sonar-deep-research': 'it counts citations as output; they are read, and priced as input. The cost that is told wins anyway',
  'xai/chat-cached-more': 'it believes more cached tokens than the prompt has',
  'xai/chat-inclusive': 'it adds reasoning even where the total proves that the completion holds it',
  'xai/chat-sources': 'it does not know num_sources_used',
}

const cases = wireCases
  .filter(({ wire }) => wire.answer.status === 200)
  .map((one) => ({ ...one, flavor: theirs[one.id]?.flavors[locateOperation(one).operation.kind], reading: readWireAnswer(one) }))
  .flatMap(({ flavor, ...one }) => (flavor && one.reading.raw ? [{ ...one, flavor, raw: one.reading.raw }] : []))

test.each(cases)('genai-prices counts the same, or its difference has a reason: $name', ({ id, name, flavor, raw, reading }) => {
  const compare = () =>
    expect(readGenaiCounts(theirs[id]?.provider ?? '', flavor, { model: 'any', usage: raw })).toEqual(toInclusive(reading))
  const reason = disagreements[name]
  if (reason === undefined) compare()
  else expect(compare, reason).toThrow()
})

test('every difference that has a reason is still there', () => {
  const names = cases.map(({ name }) => name)
  for (const name of Object.keys(disagreements)) expect(names).toContain(name)
})
