import { describe, expect, it } from 'vitest'
import { BudgetExceededError, ConfigError, ConnectionError, createError, KeyleaseError, LeaseRevokedError } from './errors'
import { toRefusal } from './fetch/refusal'

const told = { requestId: 'req_1', details: { budgetId: 'bgt_1' } }

describe('a refusal comes back typed', () => {
  it.each(['openai', 'anthropic', 'google', 'bedrock', 'cohere', 'mistral', 'acme'])(
    'from the error of a client of %s, however it keeps the body',
    async (provider) => {
      const response = toRefusal(provider, createError('budget_exceeded', 'Spent: wait {or} ask.', told))
      const text = await response.text()
      const body = JSON.parse(text) as Record<string, unknown>
      const kept = [
        Object.assign(new Error('429 Spent'), { error: body }),
        Object.assign(new Error('429 Spent'), { error: body['error'] === undefined ? body : { ...body } }),
        Object.assign(new Error('Status code: 429'), { body }),
        Object.assign(new Error('Status code: 429'), { body: text }),
        Object.assign(new Error('x'), { responseBody: text }),
        Object.assign(new Error('x'), { data: body }),
        new Error(`429 ${text}`),
        new Error('wrapped', { cause: Object.assign(new Error('x'), { body }) }),
        Object.assign(new Error('tried in vain'), { lastError: Object.assign(new Error('x'), { responseBody: text }) }),
      ]
      for (const error of kept) {
        const found = KeyleaseError.from(error)
        expect(found).toBeInstanceOf(BudgetExceededError)
        expect(found).toMatchObject({ code: 'budget_exceeded', message: 'Spent: wait {or} ask.', ...told })
      }
    },
  )

  it('and nothing else does', () => {
    const cyclic = new Error('round')
    cyclic.cause = new Error('and round', { cause: cyclic })
    for (const error of [null, undefined, 7, 'keylease', {}, new Error('429 {"keylease"'), { error: { keylease: 1 } }, cyclic]) {
      expect(KeyleaseError.from(error)).toBeNull()
    }
  })
})

it.each([
  ['budget_exceeded', 429],
  ['rate_limited', 429],
  ['connection_failed', 503],
  ['not_found', 404],
  ['unauthenticated', 401],
  ['no_grant', 403],
])('%s is answered with %i, and no client tries it again', (code, status) => {
  const response = toRefusal('openai', createError(code, 'No.', {}))
  expect([response.status, response.headers.get('x-should-retry'), response.headers.get('x-keylease-error')]).toEqual([
    status,
    'false',
    code,
  ])
})

it('what may pass is answered as an outage, and still not tried again', () => {
  const response = toRefusal('openai', createError('sealed', 'Sealed.', { retryable: true }))
  expect([response.status, response.headers.get('x-should-retry')]).toEqual([503, 'false'])
})

it('an error of another copy of this package is one, too', () => {
  const foreign = Object.assign(new Error('x'), { [Symbol.for('keylease.error')]: true, code: 'no_grant' })
  expect([KeyleaseError.is(foreign), KeyleaseError.is(new Error('x')), KeyleaseError.is(null)]).toEqual([true, false, false])
  expect(KeyleaseError.from(foreign)).toBe(foreign)
})

it.each([
  ['budget_exceeded', BudgetExceededError],
  ['lease_revoked', LeaseRevokedError],
  ['connection_failed', ConnectionError],
  ['config_invalid', ConfigError],
])('%s has a class to branch on', (code, type) => {
  const error = createError(code, 'No.', {})
  expect(error).toBeInstanceOf(type)
  expect([error.code, error.name]).toEqual([code, type.name])
})
