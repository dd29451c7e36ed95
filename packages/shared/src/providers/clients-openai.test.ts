import { Mistral } from '@mistralai/mistralai'
import { HTTPClient } from '@mistralai/mistralai/lib/http.js'
import Groq from 'groq-sdk'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { locateOperation, readWireAnswer, toAnswerBytes, type WireCase, wireCases } from './fixtures/wire-cases'
import type { OperationKind } from './operation'
import { readMembers } from './wires/read-count'

const answered = wireCases.filter(({ wire }) => wire.answer.status === 200 && wire.answer.end === undefined && !wire.answer.base64)
const casesOf = (ids: string[], kinds: OperationKind[]) =>
  answered.filter((one) => ids.includes(one.id) && kinds.includes(locateOperation(one).operation.kind))

const answerWith = (one: WireCase) => () => Promise.resolve(new Response(toAnswerBytes(one), one.wire.answer))

/** The clients check their input at compile time; a fixture is what was sent. */
const toInput = ({ wire }: WireCase, more: object = {}) => ({ ...readMembers(wire.request.body), ...more }) as never

function usageIn(value: unknown): unknown {
  const members = readMembers(value)
  const nested = readMembers(members?.['x_groq'])?.['usage'] ?? readMembers(members?.['response'])?.['usage']
  return members?.['usage'] ?? nested ?? (readMembers(members?.['data']) ? usageIn(members?.['data']) : undefined)
}

/** What a client hands on: one value, or the events of a stream, of which the last usage counts. */
async function lastUsage(result: unknown): Promise<unknown> {
  if (typeof result !== 'object' || result === null || !isStream(result)) return usageIn(result) ?? null
  let usage: unknown = null
  for await (const event of result) usage = usageIn(event) ?? usage
  return usage
}

const isStream = (result: object): result is AsyncIterable<unknown> => Symbol.asyncIterator in result

const options = { apiKey: 'test-key', maxRetries: 0, baseURL: 'https://api.example/v1' }
const isForm = ({ wire }: WireCase) => typeof wire.request.body === 'string'
const bare = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const openaiCalls: Partial<Record<OperationKind, (client: OpenAI, one: WireCase) => Promise<unknown>>> = {
  chat: (client, one) => client.chat.completions.create(toInput(one)),
  responses: (client, one) => client.responses.create(toInput(one)),
  completion: (client, one) => client.completions.create(toInput(one)),
  embeddings: (client, one) => client.embeddings.create(toInput(one, { encoding_format: 'float' })),
  image: (client, one) =>
    isForm(one)
      ? client.images.edit(toInput(one, { image: new File(['x'], 'a.png'), prompt: 'a cat', stream: true }))
      : client.images.generate(toInput(one)),
  transcription: (client, one) =>
    client.audio.transcriptions.create(
      toInput(one, { file: new File(['x'], 'a.mp3'), model: 'any', stream: one.wire.answer.events !== undefined }),
    ),
}

const openaiKinds: OperationKind[] = ['chat', 'responses', 'completion', 'embeddings', 'image', 'transcription']

test.each(casesOf(['openai', 'azure', 'openai-compatible'], openaiKinds))(
  'the client of OpenAI finds the usage that we kept: $name',
  async (one) => {
    const client = new OpenAI({ ...options, fetch: answerWith(one) })
    const result = await openaiCalls[locateOperation(one).operation.kind]?.(client, one)
    expect(bare(await lastUsage(result))).toEqual(bare(readWireAnswer(one).raw))
  },
)

test.each(casesOf(['groq'], ['chat']))('the client of Groq finds the usage that we kept: $name', async (one) => {
  const client = new Groq({ ...options, fetch: answerWith(one) })
  expect(bare(await lastUsage(await client.chat.completions.create(toInput(one))))).toEqual(bare(readWireAnswer(one).raw))
})

const mistralNames = {
  prompt_tokens: 'promptTokens',
  completion_tokens: 'completionTokens',
  total_tokens: 'totalTokens',
  prompt_audio_seconds: 'promptAudioSeconds',
}

function callMistral(one: WireCase): Promise<unknown> {
  const client = new Mistral({ apiKey: 'test-key', httpClient: new HTTPClient({ fetcher: answerWith(one) }) })
  if (one.wire.request.path.includes('fim')) return client.fim.complete(toInput(one))
  // The client has other names for parts of a message, which do not matter to the answer.
  const input = toInput(one, { messages: [{ role: 'user', content: 'Say ok.' }] })
  return one.wire.answer.events ? client.chat.stream(input) : client.chat.complete(input)
}

test.each(casesOf(['mistral'], ['chat']))('the client of Mistral finds the usage that we kept: $name', async (one) => {
  const found = readMembers(await lastUsage(await callMistral(one)))
  const { raw } = readWireAnswer(one)
  for (const [name, own] of Object.entries(mistralNames)) expect(found?.[own] ?? null, name).toBe(raw?.[name] ?? null)
})
