import { TrustRule } from '@keylease/shared/contracts/trust-rules'
import type { TrustRuleRow } from './queries'

/** The claims are what the contract wrote; parsing gives them back their type. */
export const toTrustRule = (row: TrustRuleRow, audience: string): TrustRule =>
  TrustRule.parse({
    ...row,
    audience,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  })

/** What an audit entry keeps: what people decided, not who used it from where. */
export const toRecord = ({
  audience: _audience,
  lastUsedAt: _at,
  lastUsedAddress: _address,
  lastUsedSubject: _subject,
  ...rule
}: TrustRule) => rule
