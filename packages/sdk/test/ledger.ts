import { onTestFinished } from 'vitest'
import { readConfig } from '../src/config'
import { createEmitter, type KeyleaseEvents } from '../src/emitter'
import { createLedger } from '../src/ledger/create-ledger'
import type { CallRecord } from '../src/ledger/record'
import { writeSpan } from '../src/ledger/span-bytes'
import { createTransport } from '../src/transport/call'
import { makeFacts, makeLease, makeRecord } from './calls'
import { ManualClock } from './manual-clock'
import type { Receiver } from './receiver'

/** A ledger before a receiver, with a clock that stands still. */
export function openLedger(
  receiver: Pick<Receiver, 'url'>,
  options: { spool?: string; fetch?: typeof fetch; token?: () => Promise<string> } = {},
) {
  const clock = new ManualClock()
  const config = readConfig({ url: receiver.url, token: 'test-token', spool: false, ...options }, clock)
  const events = createEmitter()
  const degraded: KeyleaseEvents['degraded'][] = []
  events.on('degraded', (event) => degraded.push(event))
  const ledger = createLedger({ config, transport: createTransport(config), events })
  const lease = makeLease()
  onTestFinished(() => ledger.close())
  return {
    clock,
    degraded,
    ledger,
    lease,
    call(record: Partial<CallRecord> = {}) {
      const facts = makeFacts()
      const entry = ledger.begin(lease, () => facts)
      ledger.finish(entry, makeRecord(entry, facts, record), writeSpan)
      return entry
    },
  }
}
