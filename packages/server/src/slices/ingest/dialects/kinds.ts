import type { OperationKind } from '@keylease/shared/providers/operation'
import { genAi } from '@keylease/shared/semconv'
import type { Attributes, SpanSignal } from '../otlp/signal'
import type { CallKind } from './dialect'
import { sharedNames } from './names'
import { readNumber } from './read'

const clientKind = 3

/** What instrumentations call the operations that are billed. Everything else stands above calls or beside them. */
const operations: ReadonlyMap<string, OperationKind> = new Map([
  ['chat', 'chat'],
  ['generate_content', 'chat'],
  ['message', 'chat'],
  ['messages', 'chat'],
  ['responses', 'responses'],
  ['text_completion', 'completion'],
  ['completion', 'completion'],
  ['embeddings', 'embeddings'],
  ['embedding', 'embeddings'],
  ['rerank', 'rerank'],
  ['reranker', 'rerank'],
  ['image_generation', 'image'],
  ['speech', 'speech'],
  ['text_to_speech', 'speech'],
  ['transcription', 'transcription'],
  ['speech_to_text', 'transcription'],
])

/** Conventions have no operation for what is made of images or speech: the type of the output tells. */
const outputs: ReadonlyMap<unknown, OperationKind> = new Map<unknown, OperationKind>([
  ['image', 'image'],
  ['speech', 'speech'],
])

export const leafOf = (operation: OperationKind): CallKind => ({ operation, isContainer: false })

export function toLeaf(name: unknown): CallKind | null {
  const operation = typeof name === 'string' ? operations.get(name.toLowerCase()) : undefined
  return operation === undefined ? null : leafOf(operation)
}

/** By the conventions; an agent that runs elsewhere tells of calls that nobody else can see. */
export function readConventionKind({ attributes, kind }: SpanSignal): CallKind | null {
  const name = attributes[genAi.operationName]
  if (name === 'invoke_agent') return kind === clientKind && tellsUse(attributes) ? { operation: 'chat', isContainer: true } : null
  const leaf = toLeaf(name)
  if (leaf?.operation !== 'chat') return leaf
  const isResponses = attributes['openai.api.type'] === 'responses'
  return leafOf(outputs.get(attributes['gen_ai.output.type']) ?? (isResponses ? 'responses' : 'chat'))
}

const useNames = [...sharedNames.input, ...sharedNames.output]

export const tellsUse = (attributes: Attributes): boolean => useNames.some((name) => readNumber(attributes, name) !== null)
