import { type Assignment, AttributionRule } from '@keylease/shared/contracts/attribution-rules'
import type { AttributionRuleRow } from './queries'

/** One of them is there: the table sees to it, and parsing proves it. */
export function toAttributionRule({ agentId, projectId, teamId, memberId, valueNames, ...row }: AttributionRuleRow): AttributionRule {
  const assign = valueNames === null ? present({ agentId, projectId, teamId, memberId }) : { from: 'value', as: valueNames }
  return AttributionRule.parse({ ...row, assign, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() })
}

const present = (targets: Record<string, string | null>) =>
  Object.fromEntries(Object.entries(targets).filter(([, target]) => target !== null))

export function toTargetColumns(assign: Assignment) {
  const none = { agentId: null, projectId: null, teamId: null, memberId: null, valueNames: null }
  return 'from' in assign ? { ...none, valueNames: assign.as } : { ...none, ...assign }
}
