import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { makeFacts } from '../../test/calls'
import { makeDirectory } from '../../test/directory'
import { openLedger } from '../../test/ledger'
import { startReceiver } from '../../test/receiver'
import type { WrittenSpan } from '../testing/spans'

async function open(spool = makeDirectory()) {
  const receiver = await startReceiver()
  onTestFinished(receiver.close)
  const opened = openLedger(receiver, { spool })
  await opened.ledger.opening
  return { spool, receiver, ...opened }
}

const sequences = (spans: readonly WrittenSpan[]) => spans.map(({ attributes }) => Number(attributes['keylease.lease.sequence']))
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const files = (spool: string) => readdirSync(spool, { recursive: true }).filter((name) => String(name).endsWith('.jsonl'))

/** What a killed process leaves: a folder under the name of a process that is gone. */
function leaveDead(from: string, to: string): void {
  for (const name of readdirSync(from))
    cpSync(join(from, name), join(to, name.replace(/^calls-\d+-\w+-/, 'calls-999999999-1-')), { recursive: true })
}

test('nothing is on disk before the first call, and nothing stays once all is acknowledged', async () => {
  const { spool, ledger, call } = await open()
  expect(readdirSync(spool)).toEqual([])
  call()
  expect(files(spool)).toHaveLength(1)
  await ledger.close()
  expect(readdirSync(spool)).toEqual([])
})

test('what was recorded before a crash is sent by the next process under the same ids', async () => {
  const first = await open()
  first.receiver.standing = { status: 503 }
  for (let i = 0; i < 3; i++) first.call()
  const next = makeDirectory()
  leaveDead(first.spool, next)
  const second = await open(next)
  await second.ledger.flush()
  first.receiver.standing = {}
  await first.ledger.flush()
  expect(second.receiver.spans).toEqual(first.receiver.spans)
  expect(sequences(second.receiver.spans)).toEqual([1, 2, 3])
  await second.ledger.close()
  expect(readdirSync(next)).toEqual([])
})

test('a call whose process died under it is assumed, with the most that its request allowed and the ids of its span', async () => {
  const first = await open()
  first.call()
  await first.ledger.flush()
  const facts = makeFacts()
  first.ledger.begin(first.lease, () => facts)
  const next = makeDirectory()
  leaveDead(first.spool, next)
  const second = await open(next)
  await second.ledger.flush()
  expect(second.receiver.spans).toHaveLength(1)
  expect(second.receiver.spans[0]).toMatchObject({
    traceId: facts.traceId,
    spanId: facts.spanId,
    attributes: {
      'keylease.lease.sequence': 2,
      'keylease.usage.quality': 'assumed',
      'keylease.usage.input_uncached': 2_000,
      'keylease.usage.output_text': 500,
      'gen_ai.request.model': 'gpt-5-mini',
      'error.type': 'outcome_unknown',
    },
  })
})

test('what was acknowledged before a crash does not come again', async () => {
  const first = await open()
  for (let i = 0; i < 5; i++) first.call()
  await first.ledger.flush()
  first.call()
  const next = makeDirectory()
  leaveDead(first.spool, next)
  const second = await open(next)
  await second.ledger.flush()
  expect(sequences(second.receiver.spans)).toEqual([6])
})

test('reports that could not be sent before close are on disk for whoever comes next', async () => {
  const first = await open()
  first.receiver.standing = { status: 503 }
  first.call()
  const closing = first.ledger.close()
  for (let i = 0; i < 2; i++) {
    await vi.waitFor(() => expect(first.clock.timers.size).toBe(2))
    await first.clock.pass(1_000)
  }
  await closing
  expect(first.ledger.stats().dropped).toBe(0)
  const second = await open(first.spool)
  await second.ledger.flush()
  expect(sequences(second.receiver.spans)).toEqual([1])
})

test('a call under way at close is assumed by the next process unless this one still says how it went', async () => {
  const first = await open()
  first.ledger.begin(first.lease, makeFacts)
  await first.ledger.close()
  const second = await open(first.spool)
  await second.ledger.flush()
  expect(second.receiver.spans.map(({ attributes }) => attributes['keylease.usage.quality'])).toEqual(['assumed'])
})

test('two ledgers on one spool leave what is the other’s alone', async () => {
  const first = await open()
  first.receiver.standing = { status: 503 }
  first.call()
  const second = await open(first.spool)
  second.call()
  await second.ledger.flush()
  expect(second.receiver.spans).toHaveLength(1)
  expect(readdirSync(first.spool)).toHaveLength(2)
  first.receiver.standing = {}
  await first.ledger.flush()
  expect(sequences(first.receiver.spans)).toEqual([1])
})

test('of several that come after a crash, one takes it over', async () => {
  const first = await open()
  first.receiver.standing = { status: 503 }
  for (let i = 0; i < 10; i++) first.call()
  const next = makeDirectory()
  leaveDead(first.spool, next)
  const others = await Promise.all([open(next), open(next), open(next)])
  await Promise.all(others.map(({ ledger }) => ledger.flush()))
  expect(others.flatMap(({ receiver }) => sequences(receiver.spans))).toEqual(range(1, 10))
  expect(others.flatMap(({ degraded }) => degraded)).toEqual([])
  first.receiver.standing = {}
})

test('a pid that was given out again is another process', async () => {
  const first = await open()
  first.receiver.standing = { status: 503 }
  first.call()
  const next = makeDirectory()
  leaveDead(first.spool, next)
  for (const name of readdirSync(next))
    renameSync(join(next, name), join(next, name.replace('calls-999999999-1-', `calls-${process.pid}-1-`)))
  const second = await open(next)
  await second.ledger.flush()
  expect(second.receiver.spans).toHaveLength(1)
  first.receiver.standing = {}
})

test('a spool of a newer release is left as it is, told once, and does not stop the calls', async () => {
  const spool = makeDirectory()
  const folder = join(spool, 'calls-0-0-0123456789ab')
  mkdirSync(folder)
  writeFileSync(join(folder, '00000001.jsonl'), '{"keyleaseSpool":2}\n["z",1,{}]\n')
  const { receiver, ledger, call, degraded } = await open(spool)
  call()
  await ledger.flush()
  expect(receiver.spans).toHaveLength(1)
  expect(degraded).toEqual([{ reason: 'spool_unavailable', message: expect.stringContaining('newer release of @keylease/sdk') }])
  await ledger.close()
  expect(readFileSync(join(folder, '00000001.jsonl'), 'utf8')).toBe('{"keyleaseSpool":2}\n["z",1,{}]\n')
})

test('files that are none of ours stay where they are', async () => {
  const spool = makeDirectory()
  writeFileSync(join(spool, 'notes.txt'), 'mine')
  mkdirSync(join(spool, 'calls-of-mine'))
  const { ledger, call, degraded } = await open(spool)
  call()
  await ledger.close()
  expect(readdirSync(spool).sort()).toEqual(['calls-of-mine', 'notes.txt'])
  expect(degraded).toEqual([])
})

test('a directory that cannot be used is told once; every call is reported from memory', async () => {
  const blocked = join(makeDirectory(), 'file')
  writeFileSync(blocked, '')
  const { receiver, ledger, call, degraded } = await open(blocked)
  for (let i = 0; i < 3; i++) call()
  await ledger.flush()
  expect(sequences(receiver.spans)).toEqual([1, 2, 3])
  expect(degraded.map(({ reason }) => reason)).toEqual(['spool_unavailable'])
  expect(ledger.stats()).toMatchObject({ acknowledged: 3, dropped: 0, unspooled: 6 })
})

test('lines that a crash tore are passed over; what they said is assumed', async () => {
  const first = await open()
  first.receiver.standing = { status: 503 }
  for (let i = 0; i < 3; i++) first.call()
  const next = makeDirectory()
  leaveDead(first.spool, next)
  const [file = ''] = files(next)
  const whole = readFileSync(join(next, String(file)), 'utf8')
  writeFileSync(join(next, String(file)), whole.slice(0, -200))
  const second = await open(next)
  await second.ledger.flush()
  const told = second.receiver.spans.map(({ attributes }) => [attributes['keylease.lease.sequence'], attributes['keylease.usage.quality']])
  expect(told.sort()).toEqual([
    [1, 'exact'],
    [2, 'exact'],
    [3, 'assumed'],
  ])
  first.receiver.standing = {}
})

test('what does not fit into memory waits on disk, and every call arrives once', async () => {
  const { spool, receiver, ledger, call, degraded } = await open()
  receiver.standing = { status: 503 }
  for (let i = 0; i < 6_000; i++) call()
  expect(ledger.stats()).toMatchObject({ waiting: 6_000, dropped: 0, unspooled: 0 })
  receiver.standing = {}
  await ledger.flush()
  expect(sequences(receiver.spans).sort((a, b) => a - b)).toEqual(range(1, 6_000))
  expect(ledger.stats()).toMatchObject({ waiting: 0, acknowledged: 6_000, dropped: 0 })
  expect(degraded.filter(({ reason }) => reason !== 'reports_waiting')).toEqual([])
  expect(files(spool)).toHaveLength(1)
})

test('a call that lasts for hours holds no file, and a crash then still assumes it', async () => {
  const { spool, ledger, lease, call } = await open()
  ledger.begin(lease, makeFacts)
  for (let i = 0; i < 1_000; i++) {
    call()
    if (i % 200 === 0) await ledger.flush()
  }
  await ledger.flush()
  expect(files(spool)).toHaveLength(1)
  const next = makeDirectory()
  leaveDead(spool, next)
  const second = await open(next)
  await second.ledger.flush()
  expect(sequences(second.receiver.spans)).toEqual([1])
})

test('other users of the machine cannot read it', async () => {
  const { spool, call } = await open()
  call()
  const [folder = ''] = readdirSync(spool)
  const { statSync } = await import('node:fs')
  expect(statSync(join(spool, folder)).mode & 0o777).toBe(0o700)
  expect(statSync(join(spool, String(files(spool)[0]))).mode & 0o777).toBe(0o600)
  expect(existsSync(join(spool, folder))).toBe(true)
})
