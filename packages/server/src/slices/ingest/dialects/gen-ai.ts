import { genAi } from '@keylease/shared/semconv'
import type { SpanSignal } from '../otlp/signal'
import type { CallKind, Dialect } from './dialect'
import { leafOf, readConventionKind, tellsUse, toLeaf } from './kinds'

/**
 * The conventions, of every vintage and by whoever writes them: https://github.com/open-telemetry/semantic-conventions-genai
 * What has a model and tells its use, but no operation, is from before operations had names.
 */
export const conventions: Dialect = {
  scopes: null,
  marks: [genAi.operationName, genAi.providerName, 'gen_ai.system', genAi.requestModel, genAi.inputTokens, 'llm.request.type'],
  readKind,
}

function readKind(span: SpanSignal): CallKind | null {
  const { attributes } = span
  if (attributes[genAi.operationName] !== undefined) return readConventionKind(span)
  if (attributes['llm.request.type'] !== undefined) return toLeaf(attributes['llm.request.type'])
  const hasModel = attributes[genAi.requestModel] !== undefined || attributes[genAi.responseModel] !== undefined
  return hasModel && tellsUse(attributes) ? leafOf('chat') : null
}
