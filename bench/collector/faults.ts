import { setTimeout as wait } from 'node:timers/promises'
import { outageMs, type Stage } from './phase'
import type { RelayMode } from './relay'

async function start(stage: Stage): Promise<void> {
  stage.service = await stage.site.start()
  stage.relay.pointAt(stage.service.url)
}

const turnFor = async ({ relay }: Stage, mode: RelayMode) => {
  relay.turn(mode)
  await wait(outageMs)
  relay.turn('pass')
}

/** Until the first answers: what is done then is done amid the rest. */
async function awaitAnswers({ relay }: Stage): Promise<void> {
  const before = relay.seen.answers['200'] ?? 0
  while ((relay.seen.answers['200'] ?? 0) < before + 5) await wait(5)
}

export const faults: Record<string, (stage: Stage) => Promise<void>> = {
  'the service is stopped amid it, and started seconds later': async (stage) => {
    await awaitAnswers(stage)
    await stage.service.stop()
    await wait(outageMs)
    await start(stage)
  },
  'the service is killed amid it, and started seconds later': async (stage) => {
    await awaitAnswers(stage)
    stage.service.kill()
    await wait(outageMs)
    await start(stage)
  },
  'seconds of 503 with Retry-After': (stage) => turnFor(stage, 'refuse'),
  'seconds in which the service does all and no answer arrives': (stage) => turnFor(stage, 'forget'),
}
