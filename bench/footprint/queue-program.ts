import { systemClock } from '../../packages/sdk/src/clock'
import { readConfig } from '../../packages/sdk/src/config'
import { createEmitter } from '../../packages/sdk/src/emitter'
import { createLedger } from '../../packages/sdk/src/ledger/create-ledger'
import { writeSpan } from '../../packages/sdk/src/ledger/span-bytes'
import { createTransport } from '../../packages/sdk/src/transport/call'
import { makeFacts, makeLease, makeRecord } from '../../packages/sdk/test/calls'

const records = 1_000_000
const megabyte = 2 ** 20

/** A million records while nothing listens where the service should be. */
const config = readConfig({ url: 'http://127.0.0.1:1', token: 'bench', spool: false }, systemClock)
const ledger = createLedger({ config, transport: createTransport(config), events: createEmitter() })
const lease = makeLease()
const facts = makeFacts()
const readHeap = () => {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / megabyte
}

const before = readHeap()
const cpuBefore = process.cpuUsage()
for (let made = 0; made < records; made++) {
  const entry = ledger.begin(lease, () => facts)
  ledger.finish(entry, makeRecord(entry, facts), writeSpan)
  if (made % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve))
}
const { user, system } = process.cpuUsage(cpuBefore)
const grownMegabytes = readHeap() - before
const { waiting, dropped } = ledger.stats()
process.send?.({ recordMicroseconds: (user + system) / records, grownMegabytes, waiting, dropped })
process.exit()
