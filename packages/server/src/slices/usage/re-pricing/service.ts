import type { CreateRePricing, RePricing, RePricingPage } from '@keylease/shared/contracts/re-pricings'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../../deps'
import { readAs, writeAs } from '../../../platform/access'
import { recordAudit } from '../../../platform/audit'
import type { Actor } from '../../../platform/auth'
import { AppError } from '../../../platform/errors'
import { countLimit, readCursor, toPage } from '../../../platform/page'
import { toRePricing } from './mapping'
import {
  countRePricingRows,
  findRePricing,
  insertRePricing,
  listRePricingRows,
  lockRePricing,
  type RePricingRow,
  startApplying,
} from './queries'

/** Written down; the job compares it. */
export function createRePricing(deps: Deps, actor: Actor, input: CreateRePricing): Promise<RePricing> {
  return writeAs(deps, actor, async (tx) => {
    const { organizationId, id: createdBy } = actor
    const now = deps.clock.now()
    const { provider = null, model = null } = input
    const period = { periodFrom: new Date(input.from), periodTo: new Date(input.to) }
    const names = { organizationId, id: newId('rePricing'), createdBy, createdAt: now, updatedAt: now }
    const after = toRePricing(await insertRePricing(tx, { ...names, ...period, provider, model, status: 'comparing' }))
    await recordAudit(tx, deps.clock, actor, { action: 're-pricing.created', resource: toResource(after.id), after })
    return after
  })
}

export function listRePricings(
  deps: Deps,
  actor: Actor,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<RePricingPage> {
  const after = readCursor('rePricing', cursor)
  return readAs(deps, actor, async (tx) => {
    const rows = await listRePricingRows(tx, { after, take: limit + 1 })
    return toPage(rows.map(toRePricing), limit, await countRePricingRows(tx, countLimit))
  })
}

export function getRePricing(deps: Deps, actor: Actor, id: string): Promise<RePricing> {
  return readAs(deps, actor, async (tx) => toRePricing(present(await findRePricing(tx, id))))
}

/** Asked twice, it is applied once. */
export function applyRePricing(deps: Deps, actor: Actor, id: string): Promise<RePricing> {
  return writeAs(deps, actor, async (tx) => {
    const row = present(await lockRePricing(tx, id))
    if (row.status === 'applying' || row.status === 'applied') return toRePricing(row)
    if (row.status !== 'ready') throw new AppError('re_pricing_not_ready', { details: { status: row.status } })
    const after = toRePricing(await startApplying(tx, actor.organizationId, id, deps.clock.now()))
    await recordAudit(tx, deps.clock, actor, { action: 're-pricing.applied', resource: toResource(id), before: toRePricing(row), after })
    return after
  })
}

const toResource = (id: string) => ({ kind: 're-pricing', id })

function present(row: RePricingRow | null): RePricingRow {
  if (!row) throw new AppError('not_found')
  return row
}
