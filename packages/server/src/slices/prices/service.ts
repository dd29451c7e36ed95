import type { CreatePrice, Price } from '@keylease/shared/contracts/prices'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import type { Tx } from '../../platform/tenancy'
import { toAgreedPrice, toTermsColumn } from './mapping'
import { insertAgreedPrice, lockAgreedPrice, markAgreedPriceDeleted } from './queries'
import { pricesChanged } from './usage-prices'

export type { PricedCost } from './usage-prices'

export function createPrice(deps: Deps, actor: Actor, input: CreatePrice): Promise<Price> {
  return writeAs(deps, actor, async (tx) => {
    const id = newId('price')
    const now = deps.clock.now()
    const terms = toTermsColumn(input)
    const row = await insertAgreedPrice(tx, {
      organizationId: actor.organizationId,
      id,
      kind: terms === null ? 'discount' : 'override',
      provider: input.provider,
      model: input.model,
      terms,
      discountBasisPoints: input.discountBasisPoints ?? null,
      effectiveFrom: input.effectiveFrom ?? now,
      effectiveTo: input.effectiveTo,
      createdBy: actor.id,
      createdAt: now,
    })
    const after = toAgreedPrice(row)
    await recordAudit(tx, deps.clock, actor, { action: 'price.created', resource: { kind: 'price', id }, after })
    await recordPricesChanged(tx, actor)
    return after
  })
}

export function deletePrice(deps: Deps, actor: Actor, id: string): Promise<void> {
  return writeAs(deps, actor, async (tx) => {
    const row = await lockAgreedPrice(tx, id)
    if (!row) throw new AppError('not_found')
    await markAgreedPriceDeleted(tx, actor.organizationId, id, deps.clock.now())
    await recordAudit(tx, deps.clock, actor, { action: 'price.deleted', resource: { kind: 'price', id }, before: toAgreedPrice(row) })
    await recordPricesChanged(tx, actor)
  })
}

const recordPricesChanged = (tx: Tx, { organizationId }: Actor) => recordChange(tx, { organizationId, kind: pricesChanged })
