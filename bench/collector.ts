import { join } from 'node:path'
import { listAcceptedCalls } from './collector/accepted'
import { sendAgain } from './collector/again'
import { createSent } from './collector/calls'
import { faults } from './collector/faults'
import { countRecords, runPhase, type Stage, services } from './collector/phase'
import { openRelay } from './collector/relay'
import { createRoom, readLedger } from './collector/room'
import { readCollectorVersion } from './peers/collector/program'
import { startCollector } from './peers/collector/running'
import { reportBench } from './support/report'
import { openSite } from './support/service'

const mustBeZero = /Off$|Missing$|Twice$|Accepted$|Errors$|EndedWith$/

const site = await openSite()
const relay = await openRelay()
const postgres = await site.connectSuperuser()
try {
  const service = await site.start()
  relay.pointAt(service.url)
  const room = await createRoom(service.url, site.token, `agent-of-${services.ofAgent}`)
  let file = ''
  const collector = await startCollector({
    signals: ['traces', 'logs', 'metrics'],
    exporters(folder) {
      file = join(folder, 'accepted')
      // All but address and credential is as the Collector has it: protobuf, gzip, its retries and its queue in memory.
      return { otlp_http: { endpoint: relay.url, headers: { authorization: `Bearer ${room.token}` } }, file: { path: file } }
    },
  })
  if ('reason' in collector) reportBench('collector', [{ what: 'OpenTelemetry Collector', notRun: collector.reason }])
  else {
    const stage: Stage = { site, service, relay, room, postgres, collector, sent: createSent() }
    const rows = await prove(stage, file)
    collector.remove()
    reportBench('collector', rows)
    if (rows.some((row) => Object.entries(row).some(([name, value]) => mustBeZero.test(name) && value !== 0)))
      throw new Error('Something was lost, doubled or refused: see the rows.')
  }
} finally {
  await postgres.end()
  await relay.close()
  await site.close()
}

async function prove(stage: Stage, file: string): Promise<Record<string, unknown>[]> {
  const { collector, sent, room } = stage
  const well = await runPhase(stage, 'everything is well: protobuf and gzip', () => Promise.resolve())
  const counted = await countRecords(stage)
  const rows: Record<string, unknown>[] = [{ ...well, ...counted, droppedOff: counted.dropped - sent.others, refusedOff: counted.refused }]
  for (const [what, disturb] of Object.entries(faults)) rows.push(await runPhase(stage, what, () => disturb(stage)))
  const code = await collector.stop()
  const accepted = await listAcceptedCalls(file)
  const { spans } = await readLedger(stage.postgres, room.owners)
  const known = new Set(spans)
  return [
    ...rows,
    await sendAgain(stage, file),
    {
      what: `in all: Collector ${readCollectorVersion()}`,
      spoken: [...stage.relay.seen.spoken].join('; '),
      spans: sent.spans,
      logRecords: sent.logRecords,
      dataPoints: sent.dataPoints,
      acceptedCalls: accepted.length,
      acceptedAndMissing: accepted.filter((id) => !known.has(id)).length,
      inLedgerTwice: spans.length - known.size,
      inLedgerAndNeverAccepted: spans.length - accepted.length,
      collectorErrors: collector.readErrors().length,
      collectorEndedWith: code,
    },
  ]
}
