import { readdirSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { testSize } from '../../../shared/test/size'
import { makeDirectory } from '../../test/directory'
import { type Program, startWorld } from '../../test/world'
import type { LedgerStats } from '../ledger/ledger'
import type { Report } from '../testing/reports'

const readStats = (agent: Program) => JSON.parse(agent.output) as LedgerStats
const kills = testSize(5, 300)
const lanes = 4

/** One report for each (lease, sequence), as the service keeps them; the same number under another span is somebody else's call. */
function keepOnce(reports: readonly Report[]): Report[] {
  const kept = new Map<string, Report>()
  for (const report of reports) {
    const key = `${report.leaseId} ${report.sequence}`
    expect(kept.get(key)?.spanId ?? report.spanId).toBe(report.spanId)
    if (!kept.has(key)) kept.set(key, report)
  }
  return [...kept.values()]
}

test('killed at any moment, every call that a provider served is reported once: exact, or assumed where the kill came between', async () => {
  const { service, served, state, startAgent } = await startWorld()
  const spool = makeDirectory()
  state.failures = 0.3
  for (let i = 0; i < kills; i++) {
    const before = served.length
    const agent = startAgent({ KEYLEASE_SPOOL: spool, AGENT_LANES: String(lanes) })
    await vi.waitFor(() => expect(served.length).toBeGreaterThan(before + Math.random() * 120), { timeout: 10_000, interval: 1 })
    agent.child.kill('SIGKILL')
    await agent.ended
  }
  state.failures = 0
  await startAgent({ KEYLEASE_SPOOL: spool, AGENT_CALLS: '0', AGENT_END: 'close' }).ended

  const reports = keepOnce(service.reports)
  for (const leaseId of new Set(reports.map((report) => report.leaseId))) {
    const numbers = reports.flatMap((report) => (report.leaseId === leaseId ? report.sequence : [])).sort((a, b) => a - b)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  }
  const exact = reports.filter(({ quality }) => quality === 'exact')
  const assumed = reports.filter(({ quality }) => quality === 'assumed')
  expect(exact.length + assumed.length).toBe(reports.length)
  expect(new Set(exact.map(({ responseId }) => responseId)).size).toBe(exact.length)
  const unreported = served.filter((id) => !exact.some(({ responseId }) => responseId === id))
  expect(assumed.length).toBeGreaterThanOrEqual(unreported.length)
  expect(assumed.length).toBeLessThanOrEqual(kills * lanes)
  expect(readdirSync(spool)).toEqual([])
})

test('a full disk stops no call: all are reported from memory, and what was not written is counted', async () => {
  const { service, served, startLimitedAgent } = await startWorld()
  const agent = startLimitedAgent(16, { KEYLEASE_SPOOL: makeDirectory(), AGENT_CALLS: '100', AGENT_END: 'close' })
  expect(await agent.ended).toEqual({ code: 0, signal: null })
  expect(served).toHaveLength(100)
  expect(keepOnce(service.reports)).toHaveLength(100)
  expect(readStats(agent)).toMatchObject({ waiting: 0, acknowledged: 100, dropped: 0 })
  expect(readStats(agent).unspooled).toBeGreaterThan(0)
})

test('a program that simply ends reports its calls, is kept alive by nothing, and leaves nothing on disk', async () => {
  const { service, startAgent } = await startWorld()
  const spool = makeDirectory()
  const startedAt = Date.now()
  const agent = startAgent({ KEYLEASE_SPOOL: spool, AGENT_CALLS: '3' })
  expect(await agent.ended).toEqual({ code: 0, signal: null })
  expect(Date.now() - startedAt).toBeLessThan(5_000)
  expect(keepOnce(service.reports)).toHaveLength(3)
  expect(readdirSync(spool)).toEqual([])
})

test('a program that exits with its answer in hand leaves its record for whoever comes next', async () => {
  const { service, state, startAgent } = await startWorld()
  const spool = makeDirectory()
  state.isAway = true
  const first = startAgent({ KEYLEASE_SPOOL: spool, AGENT_CALLS: '1', AGENT_LANES: '1', AGENT_END: 'exit' })
  expect(await first.ended).toEqual({ code: 0, signal: null })
  state.isAway = false
  expect(await startAgent({ KEYLEASE_SPOOL: spool, AGENT_CALLS: '0', AGENT_END: 'flush' }).ended).toEqual({ code: 0, signal: null })
  expect(keepOnce(service.reports)).toMatchObject([{ quality: 'exact' }])
})

test('a program that ends while the service is away ends all the same, and the next one reports its calls', async () => {
  const { service, state, startAgent } = await startWorld()
  const spool = makeDirectory()
  state.isAway = true
  expect(await startAgent({ KEYLEASE_SPOOL: spool, AGENT_CALLS: '3' }).ended).toEqual({ code: 0, signal: null })
  expect(service.reports).toEqual([])
  state.isAway = false
  expect(await startAgent({ KEYLEASE_SPOOL: spool, AGENT_CALLS: '0', AGENT_END: 'flush' }).ended).toEqual({ code: 0, signal: null })
  expect(keepOnce(service.reports)).toHaveLength(3)
})

test('SIGTERM ends a program that does not listen to it, after its reports', async () => {
  const { service, startAgent } = await startWorld()
  const agent = startAgent({ AGENT_CALLS: '3', AGENT_END: 'stay' })
  await vi.waitFor(() => expect(agent.output).not.toBe(''), { timeout: 10_000 })
  agent.child.kill('SIGTERM')
  expect(await agent.ended).toEqual({ code: null, signal: 'SIGTERM' })
  expect(keepOnce(service.reports)).toHaveLength(3)
})

test('SIGTERM leaves a program that listens to it its own end', async () => {
  const { service, startAgent } = await startWorld()
  const agent = startAgent({ AGENT_CALLS: '3', AGENT_END: 'stay', AGENT_TERM: 'own' })
  await vi.waitFor(() => expect(agent.output).not.toBe(''), { timeout: 10_000 })
  agent.child.kill('SIGTERM')
  expect(await agent.ended).toEqual({ code: 7, signal: null })
  expect(keepOnce(service.reports)).toHaveLength(3)
})

test('the reports of a process that lives are its own, whoever else uses the spool', async () => {
  const { state, startAgent } = await startWorld()
  const spool = makeDirectory()
  state.isAway = true
  const first = startAgent({ KEYLEASE_SPOOL: spool, AGENT_CALLS: '3', AGENT_END: 'stay' })
  await vi.waitFor(() => expect(first.output).not.toBe(''), { timeout: 10_000 })
  state.isAway = false
  const second = startAgent({ KEYLEASE_SPOOL: spool, AGENT_CALLS: '2', AGENT_END: 'close' })
  await second.ended
  expect(readStats(second).acknowledged).toBe(2)
  expect(readdirSync(spool)).toHaveLength(1)
})
