import { expect, test } from 'vitest'
import { toBytes } from '../metering/bytes'
import { fillMember } from '../metering/fill-member'
import { createRequestReader } from '../metering/request-reader'
import { catalogue } from './index'

const generating = catalogue.flatMap(({ id, operations }) =>
  operations
    .filter(({ kind, method }) => method === 'POST' && ['chat', 'responses', 'completion'].includes(kind))
    .map((operation) => ({ name: `${id} ${operation.path}`, ...operation.request })),
)
const capped = generating.filter(({ outputCap }) => outputCap !== undefined)

test.each(capped)('$name reads the output limit that is filled into its request', ({ outputCap = [], captures, read }) => {
  const reader = createRequestReader({ captures, read }, { params: {}, query: {}, headers: {} })
  reader.push(fillMember(toBytes('{}'), outputCap, 64) ?? expect.unreachable())
  expect(reader.end().maxOutputTokens).toBe(64)
})

test('only requests that must say a limit, cannot, or name it by their model go without one', () => {
  const names = generating.filter(({ outputCap }) => outputCap === undefined).map(({ name }) => name)
  const known = /\/messages$|^anthropic |anthropic\/models|\/compact$|^bedrock \/model\/\{model\}\/invoke/
  expect(names.filter((name) => !known.test(name))).toEqual([])
})
