import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testSize } from '../../test/size'
import type { Capture } from '../metering/capture'
import type { AnswerFacts, RequestReading } from '../metering/reading'
import { usageClasses } from '../pricing/vector'
import { catalogue } from './index'
import type { Operation } from './operation'

const words = ['message', 'message_start', 'error', 'end_turn', 'AUDIO', 'IMAGE', '1h', 'compaction', '__proto__', '']
const member = fc.constantFrom(
  ...['input_tokens', 'output_tokens', 'total_tokens', 'promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount', 'totalTokenCount'],
  ...[
    'cache_creation_input_tokens',
    'cache_read_input_tokens',
    'cache_creation',
    'ephemeral_1h_input_tokens',
    'iterations',
    'type',
    'model',
  ],
  ...[
    'inputTokens',
    'outputTokens',
    'totalTokens',
    'cacheDetails',
    'ttl',
    'billed_units',
    'image_tokens',
    'text_tokens',
    'credits',
    'total',
  ],
  ...['promptTokensDetails', 'cacheTokensDetails', 'modality', 'tokenCount', 'inputTokenCount', 'output_tokens_details', 'thinking_tokens'],
)
const count = fc.oneof(fc.nat(5_000), fc.constantFrom(-1, 0.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER))
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    count,
    fc.constantFrom(...words, null, true),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(member, tie('value'), { maxKeys: 6 }),
  ),
}))

const operations = catalogue.flatMap(({ id, operations: own }) =>
  own.map((operation) => ({ name: `${id} ${operation.method} ${operation.path}`, operation })),
)
const shapeOf = ({ request, answer }: Operation) => `${request.read} ${answer.read} ${JSON.stringify(answer.captures)}`
const distinct = [...new Map(operations.map((one) => [shapeOf(one.operation), one])).values()]

const tally = fc.nat(1_000)
const kept: Record<Capture['keep'], fc.Arbitrary<unknown>> = {
  first: value,
  last: value,
  characters: tally,
  count: tally,
  values: fc.dictionary(fc.constantFrom(...words), tally),
}
const capturedBy = (captures: Operation['answer']['captures']) =>
  fc.record(Object.fromEntries(Object.entries(captures).map(([name, { keep }]) => [name, kept[keep]])), { requiredKeys: [] })
const facts = { bytes: 100, params: { model: 'm', name: 'n' }, query: {}, headers: {} }

test.each(distinct)('whatever an answer holds, what is read of it are counts: $name', ({ operation: { request, answer } }) => {
  const input = fc.tuple(capturedBy(request.captures), capturedBy(answer.captures), fc.constantFrom(200, 429, 500))
  fc.assert(
    fc.property(input, ([asked, told, status]) => {
      const reading: RequestReading = request.read(asked, facts)
      for (const limit of [reading.maxInputTokens, reading.maxOutputTokens]) expect(limit === null || limit >= 0).toBe(true)
      const answerFacts: AnswerFacts = {
        status,
        headers: { 'x-amzn-bedrock-input-token-count': '7' },
        params: facts.params,
        request: reading,
      }
      const { vector, imageTokens, reportedNanos } = answer.read(told, answerFacts)
      for (const name of usageClasses) expect(Number.isInteger(vector[name]) && vector[name] >= 0, `${name} is ${vector[name]}`).toBe(true)
      expect(imageTokens.input).toBeLessThanOrEqual(vector.inputUncached + vector.cacheRead)
      expect(imageTokens.output).toBeLessThanOrEqual(vector.outputText)
      expect(reportedNanos === null || reportedNanos >= 0n).toBe(true)
    }),
    { numRuns: testSize(100, 5_000) },
  )
})
