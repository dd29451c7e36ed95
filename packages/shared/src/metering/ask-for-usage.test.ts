import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { UsageOption } from '../providers/operation'
import { askForUsage } from './ask-for-usage'
import { toBytes, toText } from './bytes'

const option: UsageOption = {
  body: { stream_options: { include_usage: true } },
  captures: {},
  member: 'usage',
  otherMember: 'choices',
  toCaptured: () => ({}),
  isOnlyUsage: () => false,
}
const ask = (body: string) => toText(askForUsage(toBytes(body), option))
const asked = '"stream_options":{"include_usage":true}'

test.each([
  ['absent', '{"model":"m", "n" : 1.0}', `{${asked},"model":"m", "n" : 1.0}`],
  ['absent from an empty object', ' { } ', ` {${asked} } `],
  ['null', '{"a":1,"stream_options": null ,"b":2}', '{"a":1,"stream_options": {"include_usage":true} ,"b":2}'],
  ['empty', '{"stream_options":{}}', `{${asked}}`],
  ['with other members', '{"stream_options":{ "x":[1,{}] }}', '{"stream_options":{"include_usage":true, "x":[1,{}] }}'],
  ['set to false', '{"stream_options":{"x":1,"include_usage" : false}}', '{"stream_options":{"x":1,"include_usage" : true}}'],
  ['named with escapes', '{"stream\\u005foptions":{}}', '{"stream\\u005foptions":{"include_usage":true}}'],
  [
    'there twice: the last one counts',
    '{"stream_options":{},"stream_options":null}',
    '{"stream_options":{},"stream_options":{"include_usage":true}}',
  ],
  ['only a string', '{"prompt":"\\"stream_options\\":{}"}', `{${asked},"prompt":"\\"stream_options\\":{}"}`],
  ['deeper only', '{"a":{"stream_options":{}}}', `{${asked},"a":{"stream_options":{}}}`],
])('the option is asked for where it was %s', (_, body, expected) => {
  expect(ask(body)).toBe(expected)
})

test.each([
  '{"stream_options":{"include_usage":true}}',
  '{"stream_options":7}',
  '[1]',
  '',
  '{',
  '{"a"',
  '{"a":"b',
  '{"a":1',
  '{"a":1 "b":2}',
  'x',
  '{"stream_options":{"a"',
])('a body that asks already or is no JSON object stays the very same: %s', (text) => {
  const body = toBytes(text)
  expect(askForUsage(body, option)).toBe(body)
})

test('whatever the request says, it says the same and asks', () => {
  const options = fc.option(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2, noNullPrototype: true }), {
    nil: undefined,
  })
  const requests = fc.tuple(
    fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { noNullPrototype: true }),
    options,
    fc.constantFrom('', ' ', '\n\t'),
  )
  fc.assert(
    fc.property(requests, ([members, stream_options, indent]) => {
      const request = { ...members, ...(stream_options && { stream_options }) }
      const expected = { ...members, stream_options: { ...stream_options, include_usage: true } }
      expect(JSON.parse(ask(JSON.stringify(request, null, indent)))).toEqual(JSON.parse(JSON.stringify(expected)))
    }),
  )
})
