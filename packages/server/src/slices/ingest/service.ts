import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { recordUsage, relateSpans, type UsageReport } from '../usage/service'
import { fenceShared, noteTraffic, noteUses } from './news'
import type { PartialSuccess } from './otlp/answer'
import { type Refusal, toPartialSuccess } from './outcome'
import type { ReadBatch } from './read-batch'
import { readLeased, readObserved } from './reports'

const batchSize = 2_000

/** What counts is committed when it returns. Null says that everything was taken and priced. */
export async function ingestBatch(deps: Deps, actor: Actor, batch: ReadBatch): Promise<PartialSuccess | null> {
  const { leased, observed, edges, dropped, malformed } = batch
  const found = [...(await readLeased(deps, actor, leased)), ...(await readObserved(deps, actor, observed))]
  const reports = found.filter((one) => typeof one !== 'string')
  const refused: Refusal[] = [...found.filter((one) => typeof one === 'string'), ...Array<Refusal>(malformed).fill('malformed')]
  await relateSpans(deps, actor.organizationId, edges)
  const unpriced = new Set<string>()
  for (let at = 0; at < reports.length; at += batchSize) {
    for (const model of await record(deps, actor, reports.slice(at, at + batchSize))) unpriced.add(model)
  }
  deps.metrics.countRecords('dropped', dropped)
  deps.metrics.countRecords('refused', refused.length)
  return toPartialSuccess(refused, unpriced)
}

/** The models of what has no price. */
async function record(deps: Deps, actor: Actor, reports: readonly UsageReport[]): Promise<string[]> {
  const { metrics } = deps
  const written = await recordUsage(deps, actor.organizationId, reports)
  await noteUses(deps, actor.organizationId, reports)
  await fenceShared(
    deps,
    actor,
    reports.filter((_, i) => written[i]?.isShared),
  )
  const fresh = written.filter(({ isNew }) => isNew)
  for (const [i, report] of reports.entries())
    if (written[i]?.isNew && !written[i].isLinked) noteTraffic(deps, actor.organizationId, report)
  metrics.countRecords('taken', fresh.length)
  metrics.countRecords('repeated', reports.length - fresh.length)
  metrics.countRecords('linked', fresh.filter(({ isLinked }) => isLinked).length)
  metrics.countRecords('unpriced', fresh.filter(({ costNanos }) => costNanos === null).length)
  const unpriced = reports.filter((_, i) => written[i]?.costNanos === null && written[i].isNew && !written[i].isLinked)
  return unpriced.map(({ provider, reading, requestModel }) => `${provider} ${reading.model ?? requestModel ?? 'without a model'}`)
}
