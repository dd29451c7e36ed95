import type { Settings, UpdateSettings } from '@keylease/shared/contracts/settings'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { settingsChanged } from '../../platform/organization-settings'
import { presentFields } from '../../platform/patch'
import { isInNetworks, readNetworks, toNetworks } from '../../platform/request/networks'
import { replanHealthChecks } from '../provider-keys/service'
import { toSettings } from './mapping'
import { findSettings, lockSettings, updateSettingsRow } from './queries'

export function getSettings(deps: Deps, actor: Actor): Promise<Settings> {
  return readAs(deps, actor, async (tx) => toSettings(await findSettings(tx, actor.organizationId)))
}

export function updateSettings(deps: Deps, actor: Actor, change: UpdateSettings): Promise<Settings> {
  const peopleAddresses = change.peopleAddresses && readNetworks(change.peopleAddresses, 'peopleAddresses')
  if (peopleAddresses) refuseLockOut(actor, peopleAddresses)
  return writeAs(deps, actor, async (tx) => {
    const { organizationId } = actor
    const before = toSettings(await lockSettings(tx, organizationId))
    const data = { ...presentFields({ ...change, peopleAddresses }), updatedAt: deps.clock.now() }
    const after = toSettings(await updateSettingsRow(tx, organizationId, data))
    if (change.healthCheckMinutes !== undefined) await replanHealthChecks(tx, deps.clock.now(), change.healthCheckMinutes)
    await recordChange(tx, { organizationId, kind: settingsChanged })
    const resource = { kind: 'organization', id: organizationId }
    await recordAudit(tx, deps.clock, actor, { action: 'settings.updated', resource, before, after })
    return after
  })
}

/** Whoever sets the rule must be able to take it back. */
function refuseLockOut(actor: Actor, addresses: readonly string[]): void {
  if (isInNetworks(actor.request.address, toNetworks(addresses))) return
  throw new AppError('would_lock_out', {
    message: `With this rule you could no longer come from ${actor.request.address}, your present address. Add it to peopleAddresses.`,
  })
}
