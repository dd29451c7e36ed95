import { genAi } from '@keylease/shared/semconv'
import type { SpanSignal } from '../otlp/signal'
import type { CallKind, Dialect } from './dialect'
import { unpackMembers } from './json-attributes'
import { leafOf, readConventionKind, tellsUse } from './kinds'

const raw = 'gen_ai.usage.raw'

/** Pydantic AI, and Logfire's instrumentations of clients: https://pydantic.dev/docs/ai/integrations/logfire */
export const pydanticAi: Dialect = {
  scopes: /^pydantic-ai|^logfire\./,
  marks: [],
  readKind,
  names: {
    cacheWrite5m: [`${raw}.cache_creation.ephemeral_5m_input_tokens`],
    cacheWrite1h: [`${raw}.cache_creation.ephemeral_1h_input_tokens`],
  },
  unpack: (attributes) => unpackMembers(attributes, raw, `${raw}.`),
}

function readKind(span: SpanSignal): CallKind | null {
  const { attributes, scope, statusCode } = span
  const tells = tellsUse(attributes)
  // Logfire tells the use of a stream in a record of its own, after the span of its request.
  if (scope.name.startsWith('logfire.') && !tells && statusCode !== 2) return null
  if (attributes[genAi.operationName] !== undefined) return readConventionKind(span)
  return tells && attributes[genAi.requestModel] !== undefined && attributes['agent_name'] === undefined ? leafOf('chat') : null
}
