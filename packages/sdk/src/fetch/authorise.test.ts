import { anthropic } from '@keylease/shared/providers/anthropic'
import { finnhub } from '@keylease/shared/providers/finnhub'
import { openai } from '@keylease/shared/providers/openai'
import { authoriseRequest, bareTarget } from '@keylease/shared/providers/request'
import { Secret } from '@keylease/shared/secret'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testSize } from '../../../shared/test/size'
import { authoriseAgain, authoriseFirst } from './authorise'
import { withoutPlaceholders } from './placeholders'

const at = new Date(1_795_000_000_000)
const names = [
  'accept',
  'content-type',
  'anthropic-version',
  'authorization',
  'x-api-key',
  'x-finnhub-token',
  'cookie',
  'proxy-authorization',
  'x-a',
]
const headers = fc.dictionary(fc.constantFrom(...names), fc.constantFrom('one', 'two', 'the-key', ''))
const asked = fc.record({ headers, method: fc.constantFrom('GET', 'POST') })

test.each([openai, anthropic, finnhub])('what is known of a request of $id changes nothing about the next one', async (provider) => {
  await fc.assert(
    fc.asyncProperty(fc.array(asked, { minLength: 2, maxLength: 12 }), async (requests) => {
      const credential = new Secret('the-key')
      const target = { baseUrl: provider.baseUrl ?? '', path: '/some/path' }
      const place = { ...bareTarget, baseUrl: target.baseUrl }
      for (const given of requests) {
        const upstream = { ...given, path: target.path, headers: withoutPlaceholders(given.headers), body: null }
        const again = authoriseAgain(credential, target, given)
        const expected = await authoriseRequest(provider, place, upstream, credential, at)
        expect(
          (again && { ...again, body: null }) ?? (await authoriseFirst(provider, { target, place, upstream, credential, at })),
        ).toEqual(expected)
      }
    }),
    { numRuns: testSize(200, 20_000) },
  )
})

test('the second of two alike is known, and a new key is not', async () => {
  const credential = new Secret('the-key')
  const target = { baseUrl: 'https://api.openai.com/v1', path: '/models' }
  const upstream = { method: 'GET', path: '/models', headers: withoutPlaceholders({}), body: null }
  await authoriseFirst(openai, { target, place: { ...bareTarget, baseUrl: target.baseUrl }, upstream, credential, at })
  expect(authoriseAgain(credential, target, upstream)?.headers).toMatchObject({ authorization: 'Bearer the-key' })
  expect(authoriseAgain(new Secret('the-key'), target, upstream)).toBeNull()
})
