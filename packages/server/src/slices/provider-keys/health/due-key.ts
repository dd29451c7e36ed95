import type { Provider } from '@keylease/shared/providers/provider'
import type { KeyTarget } from '@keylease/shared/providers/request'
import type { Deps } from '../../../deps'
import type { Tx } from '../../../platform/tenancy'
import { findKey } from '../queries'
import { planProbe } from '../recording'
import { toTarget } from '../sending'
import { requireProvider } from '../sight'
import { findNewestSealed, type SealedVersion } from '../version-rows'

/** A key that is to be checked now. */
export interface DueKey {
  keyId: string
  provider: Provider
  target: KeyTarget
  version: SealedVersion
}

/** Keys whose provider has no probe wait for the next round: an organization may define one. */
export async function loadDue(tx: Tx, deps: Pick<Deps, 'clock'>, organizationId: string, ids: readonly string[]): Promise<DueKey[]> {
  const due: DueKey[] = []
  for (const keyId of ids) {
    const row = await findKey(tx, keyId)
    const version = await findNewestSealed(tx, keyId)
    if (!row || !version) continue
    const provider = await requireProvider(tx, row.provider)
    if (provider.probe) due.push({ keyId, provider, target: toTarget(row), version })
    else await planProbe(tx, deps, organizationId, keyId)
  }
  return due
}
