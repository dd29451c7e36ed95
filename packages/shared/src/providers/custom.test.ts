import { describe, expect, test } from 'vitest'
import { type ProviderDefinition, toCustomProvider } from './custom'
import { helpFor } from './errors'

const definition: ProviderDefinition = {
  id: 'acme',
  name: 'Acme Search',
  category: 'search',
  wire: 'none',
  baseUrl: 'https://api.example.com',
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  keyPrefix: null,
  requiredFields: [],
  models: [],
  rateLimitHeaders: ['x-limit-'],
  errors: [],
  probe: null,
  testModel: null,
  setup: [],
  supportUrl: 'https://example.com/help',
  docsUrl: null,
}
const define = (fields: Partial<ProviderDefinition>) => toCustomProvider({ ...definition, ...fields })
const answer = (status: number, body: unknown = {}, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: JSON.stringify(body),
})

describe('the errors of a defined provider', () => {
  const errors = [
    { class: 'no_quota', statuses: [402, 403], words: [], cause: 'The plan is used up.' },
    { class: 'rate_limited', statuses: [403], words: ['slow_down'] },
    { class: 'bad_key', statuses: [200], words: ['INVALID_KEY'] },
  ] as const
  const { classifyError } = define({ errors })

  test.each([
    [answer(200), null],
    [answer(200, { error: { code: 'INVALID_KEY' } }), 'bad_key'],
    [answer(402), 'no_quota'],
    [answer(403), 'no_quota'],
    [answer(403, { code: 'slow_down' }), 'rate_limited'],
    [answer(401), 'bad_key'],
    [answer(500), 'overloaded'],
    [{ failure: 'timeout' }, 'unreachable'],
  ] as const)('%j is %s: what was said first, then the common reading', (given, expected) => expect(classifyError(given)).toBe(expected))

  test('with a probe, only the statuses that were named, or a rule, prove a key bad', () => {
    const provider = define({ probe: { path: '/me', rejectedStatuses: [418] }, errors })
    expect([401, 418, 500].map((status) => provider.probe?.read(answer(status)).verdict)).toEqual(['unknown', 'invalid', 'degraded'])
    expect(provider.probe?.read(answer(200, { error: { code: 'INVALID_KEY' } })).verdict).toBe('invalid')
    expect(provider.probe?.read(answer(200, {}, { 'x-limit-day': '25' })).details.limits).toEqual({ day: '25' })
  })

  test('are explained in the words of the organization where it has some, else in the common ones', () => {
    const provider = define({ errors })
    expect(helpFor(provider, 'no_quota')).toEqual({
      cause: 'The plan is used up.',
      remedy: 'Add credit or raise the limit at the provider.',
      url: 'https://example.com/help',
    })
    expect(helpFor(provider, 'rate_limited').cause).toMatch(/too many/)
  })
})

test('a defined provider has the operations and the test call of the wire that it speaks', () => {
  const kindsOf = (wire: ProviderDefinition['wire']) => new Set(define({ wire }).operations.map((operation) => operation.kind))
  expect(kindsOf('openai-chat')).toContain('chat')
  expect(kindsOf('anthropic-messages')).toContain('chat')
  expect(kindsOf('none')).toEqual(new Set(['data']))
  expect(define({ wire: 'openai-chat' }).testCall).toBeNull()
  const call = define({ wire: 'openai-chat', models: ['llama-4'] }).testCall
  expect([call?.path, call?.model, call?.body('llama-4')?.['model']]).toEqual(['/chat/completions', 'llama-4', 'llama-4'])
  expect(define({ probe: { path: '/me', rejectedStatuses: [401] } }).testCall).toMatchObject({ kind: 'data', path: '/me' })
})

test.each([
  ['Acme Search', 'AS'],
  ['acme', 'AC'],
  ['日本', '日本'],
  ['!', '··'],
])('%s is known by the letters %s', (name, monogram) => expect(define({ name }).monogram).toBe(monogram))
