import { TrustRule } from '@keylease/shared/contracts/trust-rules'
import type { TrustRuleRow } from './queries'

/** The claims are what the contract wrote; parsing gives them back their type. */
export const toTrustRule = (row: TrustRuleRow): TrustRule =>
  TrustRule.parse({ ...row, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() })
