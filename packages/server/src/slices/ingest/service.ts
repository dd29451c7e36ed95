import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { recordUsage, relateSpans, type UsageReport } from '../usage/service'
import { createNews, noteLease, noteTraffic, spreadNews } from './news'
import type { PartialSuccess } from './otlp/answer'
import { type Refusal, toPartialSuccess } from './outcome'
import type { ReadBatch } from './read-batch'
import { readLeased, readObserved } from './reports'

const batchSize = 2_048

/** What counts is committed when it returns. Null says that everything was taken and priced. */
export async function ingestBatch(deps: Deps, actor: Actor, batch: ReadBatch): Promise<PartialSuccess | null> {
  const { leased, observed, edges, dropped, malformed } = batch
  const reports: UsageReport[] = []
  const refused: Refusal[] = Array<Refusal>(malformed).fill('malformed')
  const sort = (one: UsageReport | Refusal) => (typeof one === 'string' ? refused.push(one) : reports.push(one))
  for (const one of await readLeased(deps, actor, leased)) sort(one)
  for (const one of await readObserved(deps, actor, observed)) sort(one)
  await relateSpans(deps, actor.organizationId, edges)
  const unpriced = new Set<string>()
  for (let at = 0; at < reports.length; at += batchSize) await record(deps, actor, reports.slice(at, at + batchSize), unpriced)
  deps.metrics.countRecords('dropped', dropped)
  deps.metrics.countRecords('refused', refused.length)
  return toPartialSuccess(refused, unpriced)
}

/** Adds the models of what has no price. */
async function record(deps: Deps, actor: Actor, reports: readonly UsageReport[], unpriced: Set<string>): Promise<void> {
  const written = await recordUsage(deps, actor.organizationId, reports)
  const news = createNews()
  const nowMs = deps.clock.now().getTime()
  const counts = { taken: 0, repeated: 0, linked: 0, unpriced: 0 }
  for (const [i, report] of reports.entries()) {
    const { isNew = false, isShared = false, isLinked = false, costNanos = null } = written[i] ?? {}
    noteLease(news, report, isShared)
    counts[isNew ? 'taken' : 'repeated']++
    if (!isNew) continue
    if (isLinked) counts.linked++
    else noteTraffic(news, report, nowMs)
    if (costNanos !== null) continue
    counts.unpriced++
    if (!isLinked) unpriced.add(nameModel(report))
  }
  await spreadNews(deps, actor, news)
  deps.metrics.countRecords('taken', counts.taken)
  deps.metrics.countRecords('repeated', counts.repeated)
  deps.metrics.countRecords('linked', counts.linked)
  deps.metrics.countRecords('unpriced', counts.unpriced)
}

const nameModel = ({ provider, reading, requestModel }: UsageReport): string =>
  `${provider} ${reading.model ?? requestModel ?? 'without a model'}`
