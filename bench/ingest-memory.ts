import { type Batch, createBatches, createHolders, forms, type Holder } from './ingest/batches'
import { countLedger } from './ingest/ledger'
import { sendAll } from './ingest/sending'
import { quantile } from './support/load'
import { reportBench } from './support/report'
import { openSite, type RunningService } from './support/service'

const seconds = Number(process.env['KEYLEASE_BENCH_SECONDS'] ?? 600)
/** What is sent in a turn, before it is sent again under leases of its own. */
const spansPerTurn = 122_880
const form = forms['protobuf, plain']

const site = await openSite()
try {
  const service = await site.start()
  const postgres = await site.connectSuperuser()
  const holders = await createHolders(site, service)
  const template = createBatches(holders, spansPerTurn, form)
  const started = performance.now()
  const samples: { at: number; megabytes: number }[] = []
  const sampling = setInterval(() => samples.push({ at: readElapsed(), megabytes: service.readRss() / 2 ** 20 }), 2_000)
  const readElapsed = () => (performance.now() - started) / 1_000
  let acknowledged = 0
  while (readElapsed() < seconds) acknowledged += (await sendAll(service, await leaseAnew(service, template, holders), form)).acknowledged
  const elapsed = readElapsed()
  clearInterval(sampling)
  const { events, calls } = await countLedger(postgres)
  await postgres.end()
  const medianBetween = (from: number, to: number) => {
    const within = samples.filter(({ at }) => at >= from * elapsed && at < to * elapsed).map(({ megabytes }) => megabytes)
    return Math.round(quantile(within, 0.5))
  }
  reportBench('ingest-memory', [
    {
      what: `the service at full load for ${Math.round(elapsed)} s, protobuf, plain`,
      acknowledged,
      spansPerSecond: Math.round(acknowledged / elapsed),
      lostOrDoubled: events - acknowledged,
      sumsOff: calls - events,
      megabytesInTheSecondTenth: medianBetween(0.1, 0.2),
      megabytesInTheMiddle: medianBetween(0.45, 0.55),
      megabytesInTheLastTenth: medianBetween(0.9, 1),
      mostMegabytes: Math.round(Math.max(...samples.map(({ megabytes }) => megabytes))),
    },
  ])
} finally {
  await site.close()
}

/** The same calls under new leases are others: ids are of one length, so the bytes stay as they are around them. */
async function leaseAnew(service: RunningService, template: readonly Batch[], holders: readonly Holder[]): Promise<Batch[]> {
  const leases = new Map(
    await Promise.all(holders.map(async ({ token, leaseId }) => [token, { from: leaseId, to: await lease(service, token) }] as const)),
  )
  return template.map((batch) => {
    const named = leases.get(batch.token)
    if (!named) throw new Error('a batch has no holder')
    return { ...batch, body: replaceAll(batch.body, named.from, named.to) }
  })
}

async function lease({ url }: RunningService, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(`${url}/v1/leases`, { method: 'POST', headers, body: JSON.stringify({ provider: 'openai', ttlSeconds: 300 }) })
  if (answer.status !== 201) throw new Error(`a lease was answered ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { id: string }).id
}

function replaceAll(body: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(body)
  for (let at = copy.indexOf(from); at !== -1; at = copy.indexOf(from, at + to.length)) copy.write(to, at)
  return copy
}
