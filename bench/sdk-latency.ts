import { type Contender, gatherContenders } from './latency/contenders'
import { startStandIns } from './stand-ins/stand-ins'
import { request } from './stand-ins/wire'
import { buildSdk } from './support/built-sdk'
import { median } from './support/measure'
import { readTreeCpuSeconds } from './support/processes'
import { reportBench } from './support/report'
import { describeSpread, orderRound } from './support/spread'

const delaysMs = [0, 60]
/** Of each kind of call: until what it runs through is compiled, here and behind it. */
const warmMs = 2_000
/** Ours and the bare client take turns by themselves: few calls each, so that whatever the machine does it does to both, and enough that work put off falls among them. */
const pairSizeOf = (delayMs: number) => (delayMs === 0 ? { rounds: 75, first: 0, calls: 32 } : { rounds: 50, first: 0, calls: 3 })
/**
 * The others take milliseconds of processes of their own: they are measured beside the bare client in longer rounds. The first calls of a
 * round find the caches as the contender before left them: they do not count.
 */
const peerSizeOf = (delayMs: number) => (delayMs === 0 ? { rounds: 15, first: 40, calls: 40 } : { rounds: 7, first: 2, calls: 3 })

type Size = ReturnType<typeof pairSizeOf>

interface Figures {
  latencies: number[]
  cpu: number[]
}

type Ask = (contender: Contender, place: number) => Promise<void>

const plain: Ask = async ({ clients }, place) => {
  const { client, model } = readPlace(clients, place)
  await client.chat.completions.create({ ...request, model })
}

/** To its last event. */
const streamed: Ask = async ({ clients }, place) => {
  const { client, model } = readPlace(clients, place)
  for await (const _ of await client.chat.completions.create({ ...request, model, stream: true }));
}

function readPlace<T>(all: readonly T[], place: number): T {
  const found = all[place]
  if (!found) throw new Error(`There is no place ${place}.`)
  return found
}

/** CPU of this process and of what stands between, in microseconds. */
function readCpu(pid: number | null): number {
  const { user, system } = process.cpuUsage()
  return user + system + (pid === null ? 0 : readTreeCpuSeconds(pid) * 1_000_000)
}

async function measureRound(contender: Contender, place: number, ask: Ask, { first, calls }: Size, figures: Figures): Promise<void> {
  const latencies: number[] = []
  for (let call = 0; call < first; call++) await ask(contender, place)
  const cpuBefore = readCpu(contender.pid)
  for (let call = 0; call < calls; call++) {
    const startedAt = performance.now()
    await ask(contender, place)
    latencies.push((performance.now() - startedAt) * 1_000)
  }
  // What a call left for later, it pays for before anybody else's turn.
  contender.settle?.()
  figures.cpu.push((readCpu(contender.pid) - cpuBefore) / calls)
  figures.latencies.push(median(latencies))
}

async function measure(contenders: readonly Contender[], place: number, ask: Ask, size: Size) {
  const delayMs = delaysMs[place] ?? 0
  const figures = new Map(contenders.map((contender) => [contender, { latencies: [], cpu: [] } as Figures]))
  for (let round = 0; round < size.rounds; round++) {
    for (const [contender, own] of orderRound([...figures], round)) await measureRound(contender, place, ask, size, own)
  }
  const bare = contenders[0] && figures.get(contenders[0])
  return [...figures].map(([{ name }, { latencies, cpu }]) => {
    const added = describeSpread(latencies.map((latency, round) => latency - (bare?.latencies[round] ?? Number.NaN)))
    return {
      what: `${name}, ${ask === plain ? 'plain' : 'streamed'}, ${delayMs} ms`,
      p50Microseconds: Math.round(median(latencies)),
      addedP50Microseconds: Math.round(added.median),
      addedIqr: Math.round(added.iqr),
      cpuMicroseconds: delayMs === 0 ? Math.round(median(cpu)) : null,
    }
  })
}

/** Ours beside the bare client, then the others beside it. */
async function measureAll(contenders: readonly Contender[], place: number, ask: Ask) {
  const [bare, own, ...peers] = contenders
  if (!bare || !own) throw new Error('There is nothing to compare.')
  const delayMs = delaysMs[place] ?? 0
  const pair = await measure([bare, own], place, ask, pairSizeOf(delayMs))
  const [, ...others] = await measure([bare, ...peers], place, ask, peerSizeOf(delayMs))
  return [...pair, ...others]
}

async function warmUp(contenders: readonly Contender[]): Promise<void> {
  for (const contender of contenders) {
    const asks = contender.canStream ? [plain, streamed] : [plain]
    for (const ask of asks) {
      const endsAt = performance.now() + warmMs
      while (performance.now() < endsAt) await ask(contender, 0)
    }
    for (const ask of asks) for (const place of delaysMs.keys()) await ask(contender, place)
  }
}

const standIns = await startStandIns(delaysMs)
const sdk = await buildSdk()
const { contenders, missing } = await gatherContenders(standIns.places, sdk.url)
try {
  await warmUp(contenders)
  const before = await standIns.count()
  const providerCpuBefore = readTreeCpuSeconds(standIns.pid)
  const rows: Record<string, unknown>[] = []
  const streaming = contenders.filter(({ canStream }) => canStream)
  for (const place of delaysMs.keys()) {
    rows.push(...(await measureAll(contenders, place, plain)), ...(await measureAll(streaming, place, streamed)))
  }
  const after = await standIns.count()
  const calls = after.provider - before.provider
  rows.push({
    what: 'requests of keylease to the service after the first call',
    requests: after.service - before.service,
    reports: after.reports - before.reports,
  })
  const providerCpu = (readTreeCpuSeconds(standIns.pid) - providerCpuBefore) * 1_000_000
  rows.push({ what: 'the provider itself, per request', cpuMicroseconds: Math.round(providerCpu / calls), requests: calls })
  rows.push(...missing.map(({ name, reason }) => ({ what: name, notRun: reason })))
  reportBench('sdk-latency', rows)
} finally {
  for (const contender of contenders) await contender.close()
  sdk.remove()
  await standIns.stop()
}
