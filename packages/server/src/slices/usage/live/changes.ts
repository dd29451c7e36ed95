import type { LiveChange, LiveKind } from '@keylease/shared/contracts/live-events'
import type { Change } from '../../../platform/change-feed'
import { trustRuleChanged } from '../../../platform/federation/trust-rule-cache'
import { settingsChanged } from '../../../platform/organization-settings'
import { membersChanged, platformKeyChanged } from '../../../platform/platform-key-cache'
import { leaseReleased, leaseRevoked } from '../../../platform/revocations'

interface Shown {
  kind: LiveKind
  /** Where the payload names what changed. */
  id?: string
}

/** What a dashboard shows, by the kind of change that it hears. Nothing else of a change is told. */
export const shownChanges: Readonly<Record<string, Shown>> = {
  'agent.changed': { kind: 'agent', id: 'agentId' },
  'budget.changed': { kind: 'budget', id: 'budgetId' },
  'policy.changed': { kind: 'grant', id: 'grantId' },
  'prices.changed': { kind: 'price' },
  'project.changed': { kind: 'project', id: 'projectId' },
  'provider.changed': { kind: 'provider', id: 'providerId' },
  'provider-key.changed': { kind: 'provider-key', id: 'keyId' },
  [leaseReleased]: { kind: 'lease' },
  [leaseRevoked]: { kind: 'lease' },
  [membersChanged]: { kind: 'member' },
  [platformKeyChanged]: { kind: 'platform-key', id: 'keyId' },
  [settingsChanged]: { kind: 'settings' },
  [trustRuleChanged]: { kind: 'trust-rule', id: 'trustRuleId' },
}

/** What changed in a moment, by kind: its ids as far as they matter, null where one was not named. */
export type GatheredChanges = Map<LiveKind, Set<string | null>>

export function gatherChange(gathered: GatheredChanges, { kind, id }: Shown, { payload }: Change): void {
  const named = id === undefined ? undefined : payload[id]
  const ids = gathered.get(kind) ?? new Set()
  // Two say as much as a thousand: read the list anew.
  if (ids.size < 2) ids.add(typeof named === 'string' ? named : null)
  gathered.set(kind, ids)
}

export function toLiveChanges(gathered: GatheredChanges, { withIds }: { withIds: boolean }): LiveChange[] {
  return [...gathered].map(([kind, ids]) => {
    const [id = null] = ids
    return withIds && ids.size === 1 && id !== null ? { kind, id } : { kind }
  })
}
