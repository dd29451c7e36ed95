import { expect, test } from 'vitest'
import { readGenaiCounts, toInclusive } from './fixtures/genai-counts'
import { readWireAnswer, type WireCase, wireCases } from './fixtures/wire-cases'

interface Theirs {
  names: RegExp
  provider: string
  flavor: string
  /** Where its extractor looks for the usage. */
  member: string
}

const theirs: readonly Theirs[] = [
  { names: /^(?:anthropic|vertex)\/(?:messages|claude-[ps])/, provider: 'anthropic', flavor: 'default', member: 'usage' },
  { names: /^(?:google|vertex)\/(?:generate|stream)/, provider: 'google', flavor: 'default', member: 'usageMetadata' },
  {
    names: /^bedrock\/(?:converse|invoke-nova|invoke-llama|invoke-titan|invoke-stream-llama)/,
    provider: 'aws',
    flavor: 'default',
    member: 'usage',
  },
  { names: /^bedrock\/invoke-(?:claude|stream)/, provider: 'aws', flavor: 'anthropic', member: 'usage' },
  { names: /^cohere\/(?:chat|hostile)/, provider: 'cohere', flavor: 'default', member: 'usage' },
  { names: /^cohere\/embed/, provider: 'cohere', flavor: 'embeddings', member: 'meta' },
]

const placeholder = 'it takes the placeholder of an opening event for the output; we estimate it'
const iterations = 'it does not see iterations, which come on top of the totals'
const hostile = 'it refuses what is no count; we keep what makes sense and say that it does not add up'
const searches = 'searches are outside the usage that it reads'
const pictures = 'it has no count for pictures of an embedding'

/** Where it reads something else, and why we differ. */
const disagreements: Record<string, string> = {
  'anthropic/messages-advisor': iterations,
  'anthropic/messages-compaction': iterations,
  'anthropic/messages-hostile': hostile,
  'anthropic/messages-stream-aborted': placeholder,
  'anthropic/messages-stream-error': placeholder,
  'bedrock/converse-hostile': hostile,
  'bedrock/invoke-stream-aborted': placeholder,
  'bedrock/invoke-titan-embed': 'it wants an output, which an embedding has not',
  'cohere/chat-v1-stream': searches,
  'cohere/embed-image': pictures,
  'cohere/embed-image-v3': pictures,
  'cohere/hostile': hostile,
  'google/generate-audio-cached': 'it counts cached audio as audio as well; we count it as cached alone',
  'google/generate-cached-too-much': 'it believes more cached tokens than the prompt has',
  'google/generate-grounded': searches,
  'google/generate-grounded-queries': searches,
  'google/generate-hostile': hostile,
  'google/generate-thoughts-inside': 'it adds thoughts even where the total proves that the candidates hold them',
}

const cases = wireCases
  .filter(({ wire }) => wire.answer.status === 200)
  .flatMap((one) => {
    const found = theirs.find(({ names }) => names.test(one.name))
    const reading = readWireAnswer(one)
    return found && reading.raw ? [{ ...one, found, raw: reading.raw, reading }] : []
  })

test.each(cases)('genai-prices counts the same, or its difference has a reason: $name', ({ name, found, raw, reading }) => {
  const response = { model: 'any', modelVersion: 'any', [found.member]: raw }
  const compare = () => expect(readGenaiCounts(found.provider, found.flavor, response)).toEqual(toInclusive(reading))
  const reason = disagreements[name]
  if (reason === undefined) compare()
  else expect(compare, reason).toThrow()
})

test('every difference that has a reason is still there, and no provider has dropped out', () => {
  const names = cases.map(({ name }) => name)
  for (const name of Object.keys(disagreements)) expect(names).toContain(name)
  const ids = new Set(cases.map(({ id }: WireCase) => id))
  expect([...ids].sort()).toEqual(['anthropic', 'bedrock', 'cohere', 'google', 'vertex'])
})
