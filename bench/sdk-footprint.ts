import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { candidates } from './footprint/candidates'
import { measureCore } from './footprint/core-size'
import { startStandIns } from './stand-ins/stand-ins'
import { buildSdk } from './support/built-sdk'
import { median } from './support/measure'
import { reportBench } from './support/report'
import { describeSpread, orderRound } from './support/spread'

/** Two processes of one program differ by more than rounds in one of them do, by where things came to lie and what was compiled when. */
const generations = 5
const rounds = 5
const callsPerRound = 1_500
/** Until nothing is compiled any more. A forced collection would throw away what is, so there is none between the rounds. */
const warmCalls = 15_000
const loads = 9

const start = (program: string, ...parameters: string[]): ChildProcess =>
  fork(fileURLToPath(new URL(`footprint/${program}.ts`, import.meta.url)), parameters)

async function hear<T>(child: ChildProcess): Promise<T> {
  const heard = new AbortController()
  const { signal } = heard
  const end = once(child, 'exit', { signal }).then(([code]) => Promise.reject(new Error(`A program of the benchmark ended with ${code}.`)))
  const [message] = await Promise.race([once(child, 'message', { signal }), end])
  heard.abort()
  return message as T // what the program sends
}

async function tell(child: ChildProcess, calls: number): Promise<number> {
  child.send(calls)
  return hear<number>(child)
}

async function measureCalls(...parameters: string[]) {
  const measured = new Map(Object.keys(candidates).map((name) => [name, [] as number[]]))
  for (let generation = 0; generation < generations; generation++) await measureGeneration(measured, parameters)
  const bare = measured.get('bare') ?? []
  return [...measured].map(([name, figures]) => {
    const { median: added, iqr } = describeSpread(figures.map((figure, round) => figure - (bare[round] ?? Number.NaN)))
    return { what: `CPU of a call: ${name}`, cpuMicroseconds: show(median(figures)), addedMicroseconds: show(added), addedIqr: show(iqr) }
  })
}

/** One process of each candidate. */
async function measureGeneration(measured: ReadonlyMap<string, number[]>, parameters: readonly string[]): Promise<void> {
  const workers = new Map([...measured.keys()].map((name) => [name, start('worker', name, ...parameters)]))
  for (const child of workers.values()) await hear(child)
  for (const child of workers.values()) await tell(child, warmCalls)
  for (let round = 0; round < rounds; round++) {
    for (const [name, child] of orderRound([...workers], round)) measured.get(name)?.push(await tell(child, callsPerRound))
  }
  for (const child of workers.values()) child.disconnect()
  await Promise.all([...workers.values()].map((child) => once(child, 'exit')))
}

async function measureLoad(url: string) {
  const figures: { importMs: number; rssBytes: number }[] = []
  for (let load = 0; load < loads; load++) figures.push(await hear(start('load-program', url)))
  const medianOf = (key: 'importMs' | 'rssBytes') => median(figures.map((figure) => figure[key]))
  return { what: 'loading the package', importMs: show(medianOf('importMs')), rssMegabytes: show(medianOf('rssBytes') / 2 ** 20) }
}

async function measureEnd(url: string, serviceUrl: string) {
  const child = start('lonely-program', url, serviceUrl)
  const ended = once(child, 'exit')
  const doneAtMs = await hear<number>(child)
  const [code] = await ended
  return {
    what: 'a program that neither flushes nor closes',
    exitCode: code,
    endsAfterMs: show(performance.timeOrigin + performance.now() - doneAtMs),
  }
}

const show = (value: number): number => Number(value.toPrecision(3))
const standIns = await startStandIns([0])
const sdk = await buildSdk()
const [place] = standIns.places
try {
  const { serviceUrl = '', baseUrl = '' } = place ?? {}
  const queue = await hear<{ recordMicroseconds: number; grownMegabytes: number; waiting: number; dropped: number }>(start('queue-program'))
  const { recordMicroseconds, grownMegabytes, waiting, dropped } = queue
  reportBench('sdk-footprint', [
    ...(await measureCalls(sdk.url, serviceUrl, baseUrl)),
    { what: 'one record, from its number to the queue', recordMicroseconds: show(recordMicroseconds) },
    { what: '1,000,000 records to a service that is away', grownMegabytes: show(grownMegabytes), waiting, dropped },
    await measureCore(),
    await measureLoad(sdk.url),
    await measureEnd(sdk.url, serviceUrl),
  ])
} finally {
  sdk.remove()
  await standIns.stop()
}
