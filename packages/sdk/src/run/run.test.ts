import { expect, test, vi } from 'vitest'
import { startWorld } from '../../test/world'

const ask = `fetch(process.env.OPENAI_BASE_URL + '/chat/completions', {
  method: 'POST',
  headers: { authorization: 'Bearer ' + process.env.OPENAI_API_KEY, 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'hi' }] }),
}).then((response) => response.json())`
const node = (script: string) => ['--', process.execPath, '-e', script]
const stay = 'setInterval(() => {}, 60000); console.log("ready");'

test('a program that knows nothing of Keylease calls under a lease, is reported, and its lease is given back', async () => {
  const { service, credentials, startRun } = await startWorld()
  const script = `${ask}.then(({ id }) => console.log(JSON.stringify([id, process.env.KEYLEASE_TOKEN ?? null])))`
  const run = startRun(['--provider', 'openai', ...node(script)])
  expect(await run.ended).toEqual({ code: 0, signal: null })
  expect(JSON.parse(run.output)).toEqual(['chatcmpl-1', null])
  expect([...credentials]).toEqual(['Bearer test-credential'])
  expect(service.reports).toMatchObject([{ provider: 'openai', model: 'gpt-5-mini', quality: 'exact', responseId: 'chatcmpl-1' }])
  expect(service.live.size).toBe(0)
})

test('it ends as its program ends', async () => {
  const { startRun } = await startWorld()
  const ending = (...parameters: string[]) => startRun(parameters).ended
  expect(await ending(...node('process.exit(7)'))).toEqual({ code: 7, signal: null })
  expect(await ending(...node('process.kill(process.pid, "SIGKILL")'))).toEqual({ code: null, signal: 'SIGKILL' })
  expect(await ending('--', 'no-such-program-here')).toEqual({ code: 127, signal: null })
  expect(await ending('python')).toEqual({ code: 2, signal: null })
})

test('a signal is passed on, and the program decides', async () => {
  const { service, startRun } = await startWorld()
  const deaf = startRun(node(`process.on('SIGTERM', () => process.exit(3)); ${stay}`))
  await vi.waitFor(() => expect(deaf.output).toContain('ready'), { timeout: 10_000 })
  deaf.child.kill('SIGTERM')
  expect(await deaf.ended).toEqual({ code: 3, signal: null })
  const plain = startRun(node(stay))
  await vi.waitFor(() => expect(plain.output).toContain('ready'), { timeout: 10_000 })
  plain.child.kill('SIGINT')
  expect(await plain.ended).toEqual({ code: null, signal: 'SIGINT' })
  expect(service.live.size).toBe(0)
})

test('what the agent may not use is said, and nothing is started', async () => {
  const { service, startRun } = await startWorld()
  service.refusal = { code: 'no_grant', message: 'No grant lets this agent use openai.' }
  const run = startRun(['--provider', 'openai', ...node('console.log("started")')])
  expect(await run.ended).toEqual({ code: 1, signal: null })
  expect([run.output, run.complaints]).toEqual(['', 'keylease: No grant lets this agent use openai.\n'])
})

test('without a token it says how to come by one', async () => {
  const { startRun } = await startWorld()
  const run = startRun(node(''), { KEYLEASE_TOKEN: '' })
  expect(await run.ended).toEqual({ code: 1, signal: null })
  expect(run.complaints).toContain('KEYLEASE_TOKEN is not set')
})
