import { setTimeout as wait } from 'node:timers/promises'
import { Keylease } from '../../packages/sdk/src/keylease'
import { quantile, round } from '../support/load'
import type { BenchRoom } from './agents'

const clients = 20
const revocations = 30
const betweenCallsMs = 10
const patienceMs = 5_000

/** Real clients that call without a pause; what lets them lease is taken away: when did the last call begin that still went through? */
export async function measureRevocation(url: string, room: BenchRoom) {
  const callers = room.agents.slice(0, clients).map(({ token }) => createCaller(url, token))
  const works = callers.map((caller) => caller.work())
  const lasts: number[] = []
  try {
    for (let n = 0; n < revocations; n++) {
      const grant = await room.grant()
      const grantedAt = performance.now()
      await until(() => callers.every(({ lastSuccessAt }) => lastSuccessAt() > grantedAt))
      const clickedAt = performance.now()
      await grant.delete()
      await until(() => callers.every(({ refusedSince }) => refusedSince(clickedAt)))
      for (const { lastSuccessAt } of callers) lasts.push(Math.max(0, lastSuccessAt() - clickedAt))
    }
  } finally {
    for (const { stop } of callers) stop()
    await Promise.all(works)
  }
  const row = { p50Ms: round(quantile(lasts, 0.5)), p99Ms: round(quantile(lasts, 0.99)), maximumMs: round(Math.max(...lasts)) }
  return [{ what: `click to the last successful call of ${clients} connected SDKs, ${revocations} revocations`, ...row }]
}

function createCaller(url: string, token: string) {
  const keylease = new Keylease({ url, token })
  const leased = keylease.fetch('openai')
  const init = {
    method: 'POST',
    body: JSON.stringify({ model: 'gpt-5-mini', messages: [] }),
    headers: { 'content-type': 'application/json' },
  }
  let [successAt, refusedAt, isStopped] = [0, 0, false]
  const call = async () => {
    const startedAt = performance.now()
    try {
      const answer = await leased('https://api.openai.com/v1/chat/completions', init)
      await answer.text()
      if (answer.ok) successAt = startedAt
      else throw new Error(`The sandbox answered ${answer.status}.`)
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error
      refusedAt = startedAt
    }
  }
  return {
    lastSuccessAt: () => successAt,
    refusedSince: (at: number) => refusedAt > at && refusedAt > successAt,
    stop: () => {
      isStopped = true
    },
    async work() {
      while (!isStopped) {
        await call()
        await wait(betweenCallsMs)
      }
      await keylease.close()
    },
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const startedAt = performance.now()
  while (!isSo()) {
    if (performance.now() - startedAt > patienceMs) throw new Error('The clients did not follow within five seconds.')
    await wait(5)
  }
}
