import { expect, onTestFinished, test, vi } from 'vitest'
import { KeyleaseError } from '../errors'
import { type Report, TestKeylease } from './index'

const answer = (content: string) => ({
  id: 'chatcmpl-1',
  model: 'gpt-5-mini-2026-08-07',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
  usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
})

function open(respond: (request: Request) => Response | Promise<Response> = () => Response.json(answer('hello'))) {
  const keylease = new TestKeylease({ respond })
  onTestFinished(() => keylease.close())
  return keylease
}

const ask = (keylease: TestKeylease, signal?: AbortSignal) =>
  keylease.fetch('openai')('https://api.openai.com/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer keylease' },
    body: JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'hi' }] }),
    signal: signal ?? null,
  })

test('a call reaches the stand-in with the leased credential and is reported as it would be', async () => {
  const keylease = open()
  await keylease.with({ conversation: 'c-1', user: 'u-1', tags: ['checkout'] }, async () => {
    const response = await ask(keylease)
    expect(await response.json()).toMatchObject({ id: 'chatcmpl-1' })
  })
  expect(keylease.requests).toHaveLength(1)
  expect(keylease.requests[0]?.headers.get('authorization')).toBe('Bearer test-credential')
  expect(await keylease.reports()).toEqual<Partial<Report>[]>([
    expect.objectContaining({
      sequence: 1,
      provider: 'openai',
      operation: 'chat',
      model: 'gpt-5-mini',
      status: 'ok',
      httpStatus: 200,
      quality: 'exact',
      usage: { inputUncached: 12, outputText: 3, requests: 1 },
      responseId: 'chatcmpl-1',
      conversation: 'c-1',
      user: 'u-1',
      tags: ['checkout'],
    }),
  ])
  expect(keylease.leased).toEqual(['openai'])
})

test('a refusal is thrown as the real one is, until it is lifted', async () => {
  const keylease = open()
  keylease.refuse({ code: 'budget_exceeded', message: 'The budget of this agent is spent.', status: 402, details: { budgetId: 'bgt_1' } })
  const error: unknown = await ask(keylease).catch((thrown: unknown) => thrown)
  expect(KeyleaseError.is(error) && error.code).toBe('budget_exceeded')
  expect(keylease.requests).toHaveLength(0)
  keylease.refuse(null)
  expect((await ask(keylease)).status).toBe(200)
})

test('a revocation is heard, and the next call goes under a new lease', async () => {
  const keylease = open()
  const revoked = vi.fn()
  keylease.on('revoked', revoked)
  await ask(keylease).then((response) => response.text())
  await vi.waitFor(() => {
    keylease.revoke()
    expect(revoked).toHaveBeenCalledTimes(1)
  })
  await ask(keylease).then((response) => response.text())
  const [first, second] = await keylease.reports()
  expect(second?.leaseId).not.toBe(first?.leaseId)
})

test('close gives every lease back, and an abort ends a call that is never answered', async () => {
  const keylease = open(() => new Promise<Response>(() => undefined))
  const abort = new AbortController()
  const asked = ask(keylease, abort.signal)
  await vi.waitFor(() => expect(keylease.requests).toHaveLength(1))
  abort.abort()
  await expect(asked).rejects.toThrow()
  expect((await keylease.reports()).map(({ status }) => status)).toEqual(['aborted'])
  await keylease.close()
  expect(keylease.leased).toEqual([])
})
