import Anthropic from '@anthropic-ai/sdk'
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { GoogleGenAI } from '@google/genai'
import { CohereClientV2 } from 'cohere-ai'
import { expect, test } from 'vitest'
import { readWireAnswer, toAnswerBytes, type WireCase, wireCases } from './fixtures/wire-cases'
import { readMembers } from './wires/read-count'

/** Whole answers alone: a client throws at an error, and hostile counts are no usage of theirs. */
const casesOf = (id: string, path: RegExp) =>
  wireCases.filter(
    ({ id: own, name, wire: { request, answer } }) =>
      own === id &&
      path.test(request.path) &&
      answer.status === 200 &&
      answer.end === undefined &&
      !/error|hostile|halfway|zeros/.test(name),
  )

const answerWith = (one: WireCase) => () => Promise.resolve(new Response(toAnswerBytes(one), one.wire.answer))
const bare = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))
const isStreamed = ({ wire }: WireCase) => wire.answer.events !== undefined || wire.answer.base64 !== undefined

/** The clients check their input at compile time; a fixture is what was sent. */
const toInput = ({ wire }: WireCase) => ({ ...readMembers(wire.request.body) }) as never

test.each(casesOf('anthropic', /^\/v1\/messages$/))('the client of Anthropic finds the usage that we kept: $name', async (one) => {
  const client = new Anthropic({ apiKey: 'test-key', maxRetries: 0, logLevel: 'off', fetch: answerWith(one) })
  const message = isStreamed(one) ? await client.messages.stream(toInput(one)).finalMessage() : await client.messages.create(toInput(one))
  expect(bare(message.usage)).toMatchObject(bare(readWireAnswer(one).raw) as object)
})

test.each(casesOf('google', /enerateContent\b/).filter(({ name }) => !name.includes('stream-array')))(
  'the client of Google finds the usage that we kept: $name',
  async (one) => {
    const client = new GoogleGenAI({ apiKey: 'test-key', httpOptions: { fetch: answerWith(one) } })
    const input = { model: 'gemini-2.5-flash', contents: 'Say ok.' }
    let usage: unknown = null
    if (isStreamed(one)) for await (const chunk of await client.models.generateContentStream(input)) usage = chunk.usageMetadata ?? usage
    else usage = (await client.models.generateContent(input)).usageMetadata
    expect(bare(usage)).toEqual(bare(readWireAnswer(one).raw))
  },
)

/** The client of Cohere renames every member. */
const toSnake = (value: unknown): unknown =>
  readMembers(value)
    ? Object.fromEntries(
        Object.entries(readMembers(value) ?? {}).map(([name, member]) => [
          name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
          toSnake(member),
        ]),
      )
    : value

const messages = [{ role: 'user' as const, content: 'Hi' }]
const cohereCalls: Record<string, (client: CohereClientV2) => Promise<unknown>> = {
  '/v2/chat': async (client) => (await client.chat({ model: 'command-a-03-2025', messages })).usage,
  '/v2/embed': async (client) => (await client.embed({ model: 'embed-v4.0', inputType: 'search_query', texts: ['Hi'] })).meta,
  '/v2/rerank': async (client) => (await client.rerank({ model: 'rerank-v3.5', query: 'Hi', documents: ['a'] })).meta,
}

test.each(casesOf('cohere', /^\/v2\//))('the client of Cohere finds the usage that we kept: $name', async (one) => {
  const client = new CohereClientV2({ token: 'test-key', maxRetries: 0, fetch: answerWith(one) })
  let usage: unknown = null
  if (isStreamed(one)) {
    for await (const event of await client.chatStream({ model: 'command-a-03-2025', messages }))
      if (event.type === 'message-end') usage = event.delta?.usage
  } else usage = await cohereCalls[one.wire.request.path]?.(client)
  expect(bare(toSnake(bare(usage)))).toEqual(bare(readWireAnswer(one).raw))
})

function createBedrock(one: WireCase): BedrockRuntimeClient {
  const { status, headers } = one.wire.answer
  const handle = async () => ({ response: { statusCode: status, headers, body: new Response(toAnswerBytes(one)).body } })
  const requestHandler = { handle } as unknown as NonNullable<
    NonNullable<ConstructorParameters<typeof BedrockRuntimeClient>[0]>['requestHandler']
  >
  return new BedrockRuntimeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler,
  })
}

test.each(casesOf('bedrock', /\/converse/))('the client of AWS finds the usage that we kept: $name', async (one) => {
  const client = createBedrock(one)
  const input = { modelId: 'amazon.nova-micro-v1:0', messages: [] }
  let usage: unknown = null
  if (isStreamed(one)) {
    const { stream } = await client.send(new ConverseStreamCommand(input))
    for await (const event of stream ?? []) usage = event.metadata?.usage ?? usage
  } else usage = (await client.send(new ConverseCommand(input))).usage
  expect(bare(usage)).toEqual(bare(readWireAnswer(one).raw))
})
