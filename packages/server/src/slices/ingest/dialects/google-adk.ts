import type { SpanSignal } from '../otlp/signal'
import type { CallKind, Dialect, RuleFacts } from './dialect'
import { unpackMembers } from './json-attributes'
import { leafOf, readConventionKind } from './kinds'
import type { CountRules } from './normalise'

const answer = 'gcp.vertex.agent.llm_response'
const usage = `${answer}.usage_metadata`

/** Google's Agent Development Kit: https://google.github.io/adk-docs/observability */
export const googleAdk: Dialect = {
  scopes: /^gcp\.vertex\.agent$/,
  marks: ['gcp.vertex.agent.invocation_id'],
  readKind,
  names: {
    cacheRead: [`${usage}.cached_content_token_count`],
    reasoning: [`${usage}.thoughts_token_count`],
    total: [`${usage}.total_token_count`],
    toolInput: [`${usage}.tool_use_prompt_token_count`],
  },
  unpack: (attributes) => unpackMembers(attributes, answer, `${answer}.`),
  findRules,
}

function readKind(span: SpanSignal): CallKind | null {
  return span.name === 'call_llm' ? leafOf('chat') : readConventionKind(span)
}

/** Up to version 2.2 the output is the candidates alone, as Gemini counts them. */
function findRules({ attributes }: RuleFacts): Partial<CountRules> {
  return attributes['gen_ai.usage.reasoning.output_tokens'] === undefined ? { reasoning: 'beside' } : {}
}
