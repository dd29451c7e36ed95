import { GrantRestrictions } from '@keylease/shared/contracts/grant-restrictions'
import { Grant } from '@keylease/shared/contracts/grants'
import type { PolicyGrant } from './policy-facts'
import type { GrantRow } from './queries'

/** Lists and hours are what the contract wrote; parsing gives them back their types. */
export const toGrant = (row: GrantRow): Grant =>
  Grant.parse({
    ...row,
    ...toRestrictions(row),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  })

export const toPolicyGrant = (row: GrantRow): PolicyGrant => ({
  id: row.id,
  agentId: row.agentId,
  projectId: row.projectId,
  teamId: row.teamId,
  keyId: row.keyId,
  provider: row.provider,
  category: row.category,
  tag: row.tag,
  ...toRestrictions(row),
  expiresAt: row.expiresAt,
})

const toRestrictions = (row: GrantRow): GrantRestrictions =>
  GrantRestrictions.parse({ ...row, tokensPerMinute: row.tokensPerMinute === null ? null : Number(row.tokensPerMinute) })
