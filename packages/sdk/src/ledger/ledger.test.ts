import { expect, onTestFinished, test, vi } from 'vitest'
import { openLedger } from '../../test/ledger'
import { startReceiver } from '../../test/receiver'

async function open(options: Parameters<typeof openLedger>[1] = {}) {
  const receiver = await startReceiver()
  onTestFinished(receiver.close)
  return { receiver, ...openLedger(receiver, options) }
}

const sequences = (spans: readonly { attributes: Record<string, unknown> }[]) =>
  spans.map(({ attributes }) => attributes['keylease.lease.sequence'])
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

test('every call is reported once, with its number, its ids, the conventions and what Keylease says itself', async () => {
  const { receiver, ledger, call } = await open()
  call()
  call({ status: 'error', httpStatus: 500, errorType: 'server_error' })
  await ledger.flush()
  expect(receiver.spans).toHaveLength(2)
  expect(receiver.spans[0]).toMatchObject({
    traceId: '5b8efff798038103d269b633813fc60c',
    name: 'chat gpt-5-mini',
    status: {},
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.usage.input_tokens': 120,
      'gen_ai.usage.output_tokens': 35,
      'gen_ai.conversation.id': 'c-42',
      'user.id': 'u-7',
      'keylease.lease.id': 'lse_00000000000000000000000001',
      'keylease.lease.sequence': 1,
      'keylease.clock.offset_ms': 250,
      'keylease.usage.quality': 'exact',
      'keylease.usage.input_uncached': 100,
      'keylease.cost.reported_nanos': '12',
      'keylease.tags': ['checkout'],
    },
  })
  expect(receiver.spans[1]).toMatchObject({ status: { code: 2, message: 'server_error' }, attributes: { 'error.type': 'server_error' } })
  expect(receiver.requests[0]?.headers).toMatchObject({
    'content-encoding': 'zstd',
    'content-type': 'application/x-protobuf',
    authorization: 'Bearer test-token',
  })
  expect(ledger.stats()).toEqual({ waiting: 0, dropped: 0, acknowledged: 2, unspooled: 0 })
})

test('calls of one second are one batch, and a full batch does not wait', async () => {
  const { receiver, ledger, clock, call } = await open()
  for (let i = 0; i < 3; i++) call()
  expect(clock.nextInMs).toBe(1_000)
  await clock.pass(1_000)
  await vi.waitFor(() => expect(ledger.stats().acknowledged).toBe(3))
  expect(receiver.batches).toHaveLength(1)
  for (let i = 0; i < 512; i++) call()
  await vi.waitFor(() => expect(ledger.stats().acknowledged).toBe(515))
  expect(receiver.batches.map(({ length }) => length)).toEqual([3, 512])
})

test('an idle ledger has no timer', async () => {
  const { ledger, clock, call } = await open()
  expect(clock.timers.size).toBe(0)
  call()
  await ledger.flush()
  expect(clock.timers.size).toBe(0)
})

test.each([429, 502, 503, 504])('after %i the batch is sent again, later and later, and told once', async (status) => {
  const { receiver, ledger, clock, call, degraded } = await open()
  receiver.standing = { status }
  call()
  await clock.pass(1_000)
  const waits: number[] = []
  for (let attempt = 1; attempt <= 4; attempt++) {
    await vi.waitFor(() => expect([receiver.requests.length, clock.timers.size]).toEqual([attempt, 1]))
    waits.push(clock.nextInMs)
    await clock.pass(clock.nextInMs)
  }
  for (const [i, ms] of waits.entries()) {
    expect(ms).toBeGreaterThanOrEqual(500 * 2 ** i)
    expect(ms).toBeLessThanOrEqual(1_500 * 2 ** i)
  }
  receiver.standing = {}
  await ledger.flush()
  expect(ledger.stats()).toMatchObject({ waiting: 0, acknowledged: 1, dropped: 0 })
  expect(degraded.map(({ reason }) => reason)).toEqual(['reports_waiting'])
})

test('the service says how long to wait, in seconds or as a date', async () => {
  const { receiver, clock, call } = await open()
  receiver.standing = { status: 503, headers: { 'retry-after': '7' } }
  call()
  await clock.pass(1_000)
  await vi.waitFor(() => expect([receiver.requests.length, clock.timers.size]).toEqual([1, 1]))
  expect(clock.nextInMs).toBeGreaterThanOrEqual(7_000)
  expect(clock.nextInMs).toBeLessThanOrEqual(8_400)
  const date = new Date(clock.now() + clock.nextInMs + 20_000)
  receiver.standing = { status: 429, headers: { 'retry-after': date.toUTCString() } }
  await clock.pass(clock.nextInMs)
  await vi.waitFor(() => expect([receiver.requests.length, clock.timers.size]).toEqual([2, 1]))
  expect(clock.nextInMs).toBeGreaterThan(18_000)
  receiver.standing = {}
})

test.each([400, 401, 403, 404, 413, 500, 501])('after %i the batch is dropped, counted and told once', async (status) => {
  const { receiver, ledger, call, degraded } = await open()
  receiver.answers.push({ status, body: JSON.stringify({ message: 'not like this' }) })
  for (let i = 0; i < 3; i++) call()
  await ledger.flush()
  expect(ledger.stats()).toMatchObject({ waiting: 0, dropped: 3, acknowledged: 0 })
  expect(degraded).toEqual([
    { reason: 'reports_dropped', message: `3 reports of calls were lost: the service refused them with ${status}: not like this` },
  ])
  call()
  await ledger.flush()
  expect(ledger.stats()).toMatchObject({ dropped: 3, acknowledged: 1 })
})

test('what a partial success did not take is counted, and never sent again', async () => {
  const { receiver, ledger, call, degraded } = await open()
  receiver.answers.push({ body: JSON.stringify({ partialSuccess: { rejectedSpans: '2', errorMessage: 'Not taken: 2 × a lease.' } }) })
  for (let i = 0; i < 5; i++) call()
  await ledger.flush()
  await ledger.flush()
  expect(receiver.requests).toHaveLength(1)
  expect(ledger.stats()).toMatchObject({ waiting: 0, dropped: 2, acknowledged: 3 })
  expect(degraded.map(({ message }) => message)).toEqual(['2 reports of calls were lost: Not taken: 2 × a lease.'])
})

test.each([
  ['a page', { body: '<html>sign in</html>', headers: { 'content-type': 'text/html' } }],
  ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
  ['a broken connection', { isBroken: 'before' as const }],
])('%s is no acknowledgement', async (_, answer) => {
  const { receiver, ledger, call } = await open()
  receiver.answers.push(answer)
  call()
  await ledger.flush()
  expect(ledger.stats()).toMatchObject({ waiting: 1, acknowledged: 0, dropped: 0 })
  await ledger.flush()
  expect(ledger.stats()).toMatchObject({ waiting: 0, acknowledged: 1 })
})

test('a lost acknowledgement makes the same spans come again under the same ids', async () => {
  const { receiver, ledger, call } = await open()
  receiver.answers.push({ isBroken: 'after' })
  call()
  await ledger.flush()
  await ledger.flush()
  expect(receiver.batches).toHaveLength(2)
  expect(receiver.batches[1]).toEqual(receiver.batches[0])
})

test('a service that is away for ten minutes gets everything, in order, once it is back', async () => {
  const { receiver, ledger, clock, call } = await open()
  receiver.standing = { isBroken: 'before' }
  for (let second = 0; second < 600; second++) {
    call()
    await clock.pass(1_000)
    await new Promise(setImmediate)
  }
  expect(ledger.stats()).toMatchObject({ waiting: 600, dropped: 0 })
  receiver.standing = {}
  await ledger.flush()
  expect(sequences(receiver.spans)).toEqual(range(1, 600))
  expect(ledger.stats()).toMatchObject({ waiting: 0, acknowledged: 600, dropped: 0 })
})

test('memory is bounded: what does not fit is counted and told, and numbers go on', async () => {
  const { receiver, ledger, call, degraded } = await open()
  receiver.standing = { status: 503 }
  for (let i = 0; i < 5_000; i++) call()
  expect(ledger.stats()).toMatchObject({ waiting: 4_096, dropped: 904 })
  receiver.standing = {}
  await ledger.flush()
  expect(sequences(receiver.spans)).toEqual(range(1, 4_096))
  const told = degraded.filter(({ reason }) => reason === 'reports_dropped').map(({ message }) => Number.parseInt(message, 10))
  expect(told.reduce((sum, count) => sum + count, 0)).toBe(904)
  expect(told.length).toBeLessThan(15)
  expect(call().sequence).toBe(5_001)
})

test('a function that was frozen while it waited sends with its next call', async () => {
  const { receiver, ledger, clock, call } = await open()
  receiver.answers.push({ status: 503, headers: { 'retry-after': '60' } })
  call()
  await ledger.flush()
  expect(clock.timers.size).toBe(1)
  clock.freeze(3_600_000)
  call()
  await vi.waitFor(() => expect(ledger.stats().acknowledged).toBe(2))
  expect(clock.timers.size).toBe(0)
})

test('a token that cannot be had leaves reports waiting', async () => {
  let isAway = true
  const { ledger, call } = await open({ token: async () => (isAway ? Promise.reject(new Error('no identity')) : 'token') })
  call()
  await ledger.flush()
  expect(ledger.stats()).toMatchObject({ waiting: 1, dropped: 0 })
  isAway = false
  await ledger.flush()
  expect(ledger.stats()).toMatchObject({ waiting: 0, acknowledged: 1 })
})

test('calls that end while a batch is on its way are neither lost nor sent twice', async () => {
  const { receiver, ledger, call } = await open()
  call()
  const flushing = ledger.flush()
  for (let i = 0; i < 20; i++) call()
  await Promise.all([flushing, ledger.flush(), ledger.flush()])
  expect(sequences(receiver.spans)).toEqual(range(1, 21))
})

test('close sends what waits; what cannot be sent without a spool is counted and told', async () => {
  const { receiver, ledger, clock, call, degraded } = await open()
  receiver.standing = { status: 503 }
  call()
  const closing = ledger.close()
  for (let i = 0; i < 2; i++) {
    await vi.waitFor(() => expect(clock.timers.size).toBe(2))
    await clock.pass(1_000)
  }
  await closing
  expect(ledger.stats()).toMatchObject({ waiting: 0, dropped: 1 })
  expect(clock.timers.size).toBe(0)
  await Promise.resolve()
  expect(degraded.at(-1)?.reason).toBe('reports_dropped')
})

test('a call that ends after close is reported at once', async () => {
  const { receiver, ledger, call } = await open()
  await ledger.close()
  call()
  await vi.waitFor(() => expect(ledger.stats().acknowledged).toBe(1))
  expect(receiver.spans).toHaveLength(1)
})

test('several ledgers in one process share one set of listeners and leave none behind', async () => {
  const before = ['beforeExit', 'exit', 'SIGTERM'].map((name) => process.listenerCount(name))
  const ledgers = await Promise.all([open(), open(), open()])
  for (const { call } of ledgers) call()
  await vi.waitFor(() => expect(process.listenerCount('SIGTERM')).toBe((before[2] ?? 0) + 1))
  await Promise.all(ledgers.map(({ ledger }) => ledger.close()))
  expect(['beforeExit', 'exit', 'SIGTERM'].map((name) => process.listenerCount(name))).toEqual(before)
})

test('a lease of the gateway takes no number and is reported by the gateway alone', async () => {
  const { receiver, ledger, lease, call } = await open()
  Object.assign(lease, { delivery: 'gateway' })
  expect(call().sequence).toBe(0)
  await ledger.flush()
  expect(receiver.requests).toHaveLength(0)
  expect(lease.nextSequence()).toBe(1)
})
