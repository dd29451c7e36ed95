import { findOperation } from '../../packages/shared/src/providers/find-operation'
import { openai } from '../../packages/shared/src/providers/openai'
import { toWire, type Wire } from './wires'

const usage = { prompt_tokens: 2_006, completion_tokens: 300, total_tokens: 2_306, prompt_tokens_details: { cached_tokens: 1_024 } }
const head = {
  id: 'chatcmpl-B2',
  object: 'chat.completion.chunk',
  created: 1_763_700_000,
  model: 'gpt-5-mini-2025-08-07',
  service_tier: 'default',
}
const chunkBytes = 64 * 1024

const choice = (content: string) => ({ index: 0, delta: { content }, logprobs: null, finish_reason: null })
const toEvent = (event: object) => `data: ${JSON.stringify({ ...head, ...event })}\n\n`

function createWire(name: string, { path = '/chat/completions', contentType = 'text/event-stream', chunks }: SizedAnswer): Wire {
  const found = findOperation(openai, 'POST', path)
  if (found === null) throw new Error(`OpenAI has no ${path}.`)
  const request = { method: 'POST', path, body: { model: 'gpt-5-mini', messages: [], stream: true } }
  return toWire(name, found, { request, answer: { status: 200, headers: { 'content-type': contentType }, events: [...chunks] } })
}

interface SizedAnswer {
  path?: string
  contentType?: string
  chunks: readonly string[]
}

const closing = [toEvent({ choices: [], usage }), 'data: [DONE]\n\n']

/** A stream as models send it: a few characters in each of its chunks. */
export const createStream = (chunks: number): Wire =>
  createWire('stream', {
    chunks: [...Array.from({ length: chunks - 2 }, (_, index) => toEvent({ choices: [choice(` word${index}`)], usage: null })), ...closing],
  })

export const createLargeEvent = (bytes: number): Wire =>
  createWire('large event', { chunks: [toEvent({ choices: [choice(createText(bytes))], usage: null }), ...closing] })

export function createBody(bytes: number): Wire {
  const message = { role: 'assistant', content: createText(bytes) }
  const text = JSON.stringify({ ...head, choices: [{ index: 0, message, finish_reason: 'stop' }], usage })
  return createWire('body', { contentType: 'application/json', chunks: cut(text) })
}

export function createEmbeddings(bytes: number): Wire {
  const vector = Array.from({ length: 1_536 }, (_, index) => Math.sin(index + 1))
  const data = Array.from({ length: Math.ceil(bytes / JSON.stringify(vector).length) }, (_, index) => ({
    object: 'embedding',
    index,
    embedding: vector,
  }))
  const text = JSON.stringify({ object: 'list', data, model: 'text-embedding-3-small', usage: { prompt_tokens: 9, total_tokens: 9 } })
  return createWire('embeddings', { path: '/embeddings', contentType: 'application/json', chunks: cut(text) })
}

const cut = (text: string): string[] =>
  Array.from({ length: Math.ceil(text.length / chunkBytes) }, (_, index) => text.slice(index * chunkBytes, (index + 1) * chunkBytes))

/** Prose with what prose has: line breaks, quotes, and letters beyond ASCII. */
function createText(bytes: number): string {
  const line = 'The key “rotated” at 10:42, and nobody noticed: "that was the idea", said Zoë.\n'
  return line.repeat(Math.ceil(bytes / line.length))
}
