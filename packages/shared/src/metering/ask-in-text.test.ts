import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chatUsageOption, createChatRequest } from '../providers/wires/openai-chat'
import { askForUsage } from './ask-for-usage'
import { askInText, mayStream } from './ask-in-text'
import { toBytes, toText } from './bytes'
import { createRequestReader } from './request-reader'

const shape = createChatRequest({ asksForUsage: true })

function read(text: string) {
  const reader = createRequestReader(shape, { params: {}, query: {}, headers: {} })
  reader.push(toBytes(text))
  return reader.end()
}

const text = fc.oneof(fc.constantFrom('stream', 'a"stream":true}', ',"stream":true}', 'stream_options', '\\u0073'), fc.string())
const value = fc.oneof(text, fc.boolean(), fc.constant(null), fc.dictionary(text, fc.boolean(), { noNullPrototype: true }))
const members = fc.array(fc.tuple(fc.oneof(text, fc.constantFrom('stream', 'stream')), value), { maxLength: 4 })
const requests = fc.tuple(
  members,
  fc.constantFrom(',"stream":true}', ',"stream":false}', ',"str\\u0065am":true}', '}', ' ,"stream":true }'),
)

/** Members as they are written, the same name maybe twice. */
const write = ([all, end]: [[string, unknown][], string]): string =>
  `{"model":"m"${all.map(([name, one]) => `,${JSON.stringify(name)}:${JSON.stringify(one)}`).join('')}${end}`

test('what a text tells of streaming without being read is what a reading tells', () => {
  let told = 0
  fc.assert(
    fc.property(requests, (request) => {
      const written = write(request)
      const { isStream, needsUsageOption } = read(written)
      if (!mayStream(written)) expect(isStream).toBe(false)
      const asked = askInText(written, chatUsageOption)
      if (asked === null) return
      told++
      expect([isStream, needsUsageOption]).toEqual([true, true])
      expect(asked).toBe(toText(askForUsage(toBytes(written), chatUsageOption)))
    }),
    { numRuns: 2_000 },
  )
  expect(told).toBeGreaterThan(100)
})
