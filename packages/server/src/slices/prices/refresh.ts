import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Deps } from '../../deps'
import type { Jobs } from '../../platform/jobs'
import { toCatalogue } from './catalogue'
import { importCatalogue } from './price-import'
import { PriceSource } from './source'

const dayMs = 24 * 60 * 60_000

/** Where the operator named prices: at the start and once a day, in one of the replicas. */
export function schedulePriceRefresh(jobs: Jobs, deps: Deps): void {
  if (deps.env.prices !== undefined) jobs.loop('prices', dayMs, async () => void (await refreshPrices(deps)))
}

/** A refresh that fails says so and changes nothing. */
export async function refreshPrices(deps: Deps): Promise<boolean> {
  const place = deps.env.prices
  if (place === undefined) return false
  try {
    const text = await readPrices(deps, place)
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 12)
    const source = PriceSource.safeParse(JSON.parse(text))
    if (!source.success) throw new Error(`it is not price data: ${describeIssue(source.error)}`)
    return await importCatalogue(deps, toCatalogue(source.data, `data ${digest}`), 'refreshed')
  } catch (error) {
    deps.metrics.countPriceImport('failed')
    deps.log.error({ err: error }, 'the prices that KEYLEASE_PRICES names could not be read; those in use stay')
    return false
  }
}

async function readPrices({ outbound }: Deps, place: string): Promise<string> {
  if (!/^https?:\/\//.test(place)) return readFile(place, 'utf8')
  const answer = await outbound.request(place, { headers: { accept: 'application/json' } })
  if (answer.status !== 200) throw new Error(`its address answered ${answer.status}`)
  return answer.body.toString('utf8')
}

function describeIssue({ issues: [issue] }: { issues: { path: PropertyKey[]; message: string }[] }): string {
  return issue ? `${issue.path.join('.')} ${issue.message}` : 'nothing fits'
}
