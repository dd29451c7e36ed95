import { RePricing } from '@keylease/shared/contracts/re-pricings'
import type { RePricingRow } from './queries'

export const toRePricing = (row: RePricingRow): RePricing => ({
  id: row.id,
  status: RePricing.shape.status.parse(row.status),
  from: row.periodFrom.toISOString(),
  to: row.periodTo.toISOString(),
  provider: row.provider,
  model: row.model,
  events: Number(row.events),
  changed: Number(row.changed),
  beforeNanos: String(row.beforeNanos),
  afterNanos: String(row.afterNanos),
  differenceNanos: String(row.afterNanos - row.beforeNanos),
  unpricedBefore: Number(row.unpricedBefore),
  unpricedAfter: Number(row.unpricedAfter),
  models: RePricing.shape.models.parse(row.models),
  createdAt: row.createdAt.toISOString(),
  appliedAt: row.appliedAt?.toISOString() ?? null,
})
