import type { Attributes, AttributeValue } from '../otlp/signal'
import type { CallKind, Dialect, RuleFacts } from './dialect'
import { firstCount } from './fields'
import { unpackMembers } from './json-attributes'
import { leafOf } from './kinds'

const kinds: ReadonlyMap<unknown, CallKind> = new Map<unknown, CallKind>([
  ['generation', leafOf('chat')],
  ['embedding', leafOf('embeddings')],
])

const usage = (...names: string[]) => names.map((name) => `langfuse.observation.usage_details.${name}`)
const model = ['langfuse.observation.model.name']
const whole = usage('input_with_audio', 'input', 'input_tokens')
const answer = usage('output_with_audio', 'output', 'output_tokens')

/** Langfuse's own observations: https://langfuse.com/docs/observability/features/token-and-cost-tracking */
export const langfuse: Dialect = {
  scopes: /^langfuse-sdk/,
  marks: ['langfuse.observation.type'],
  readKind: ({ attributes }) => kinds.get(attributes['langfuse.observation.type']) ?? null,
  names: {
    requestModel: ['gen_ai.request.model', ...model],
    responseModel: ['gen_ai.response.model', ...model],
    input: [...whole, ...usage('prompt_tokens')],
    output: [...answer, ...usage('completion_tokens')],
    total: usage('total', 'total_tokens'),
    cacheRead: usage(
      'input_cached_tokens',
      'input_cache_read',
      'cache_read_input_tokens',
      'cache_read',
      'prompt_tokens_details.cached_tokens',
    ),
    cacheWrite: usage('input_cache_creation', 'cache_creation_input_tokens', 'cache_write'),
    cacheWrite5m: usage('input_cache_creation_5m'),
    cacheWrite1h: usage('input_cache_creation_1h'),
    reasoning: usage('output_reasoning_tokens', 'output_reasoning', 'reasoning_tokens', 'completion_tokens_details.reasoning_tokens'),
    audioIn: usage('input_audio_tokens', 'input_audio', 'prompt_tokens_details.audio_tokens'),
    audioOut: usage('output_audio_tokens', 'output_audio', 'completion_tokens_details.audio_tokens'),
    cost: ['langfuse.observation.cost_details.total'],
    firstTokenAt: ['langfuse.observation.completion_start_time'],
    errorType: ['langfuse.error'],
  },
  unpack,
  findRules,
}

function unpack(attributes: Attributes): Attributes {
  const found: Record<string, AttributeValue> = Object.assign(
    Object.create(null),
    unpackMembers(attributes, 'langfuse.observation.usage_details', 'langfuse.observation.usage_details.'),
    unpackMembers(attributes, 'langfuse.observation.cost_details', 'langfuse.observation.cost_details.'),
    unpackMembers(attributes, 'langfuse.trace.metadata', 'langfuse.trace.metadata.'),
  )
  if (attributes['langfuse.observation.level'] === 'ERROR') found['langfuse.error'] = 'error'
  addAudio(found, 'input')
  addAudio(found, 'output')
  return found
}

/** Every key of it is beside the others, audio too; the classes want it inside its side. */
function addAudio(found: Record<string, AttributeValue>, side: 'input' | 'output'): void {
  const plain = firstCount(found, usage(side, `${side}_tokens`))
  const audio = firstCount(found, usage(`${side}_audio_tokens`, `${side}_audio`))
  if (plain !== null && audio !== null) found[`langfuse.observation.usage_details.${side}_with_audio`] = plain + audio
}

/** Keys are priced one by one and summed, but for a usage object of OpenAI's, which is sent as it came. */
function findRules({ attributes }: RuleFacts) {
  const isOwn = firstCount(attributes, whole) !== null
  return isOwn ? { cache: 'beside' as const, reasoning: 'beside' as const } : {}
}
