import { type KeyleaseOptions, readConfig } from '../src/config'
import { createEmitter } from '../src/emitter'
import { LeasePool, type PoolRoom } from '../src/leases/pool'
import { ManualClock } from './manual-clock'
import { ScriptedTransport } from './scripted-transport'

/** A pool whose time and service are by hand. */
export function createPoolRoom(options: KeyleaseOptions = {}, onIssue?: PoolRoom['onIssue']) {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(clock)
  const config = readConfig({ token: 'kl_test_token', delivery: 'gateway', ...options }, clock)
  const events = createEmitter()
  const heard: string[] = []
  for (const name of ['revoked', 'renewed', 'degraded'] as const) events.on(name, () => heard.push(name))
  const pool = new LeasePool({ config, transport, events, ...(onIssue && { onIssue }) })
  return { clock, transport, config, events, heard, pool }
}
