import type { KeyTarget } from '@keylease/shared/providers/request'
import type { Secret } from '@keylease/shared/secret'
import type { Deps } from '../../deps'
import type { Tx } from '../../platform/tenancy'
import { openSecret } from './secrets'
import type { SealedVersion } from './version-rows'

/** What a lease of a key needs of it beside the policy: where it goes, how it does, and its value in use, still sealed. */
export interface LeasableKey {
  id: string
  health: string
  maxLeaseSeconds: number | null
  target: KeyTarget
  version: SealedVersion
}

interface LeasableRow extends KeyTarget, Pick<LeasableKey, 'id' | 'health' | 'maxLeaseSeconds'> {
  versionId: string
  number: number
  sealed: Uint8Array
}

/** Keys that have a value in use. */
export async function listLeasableKeys(tx: Tx, keyIds: readonly string[]): Promise<LeasableKey[]> {
  const rows = await tx.$queryRaw<LeasableRow[]>`
    SELECT k.id, k.health, k.max_lease_seconds AS "maxLeaseSeconds", k.base_url AS "baseUrl", k.region, k.deployment,
      k.api_version AS "apiVersion", k.upstream_organization AS "upstreamOrganization", v.id AS "versionId", v.number, v.sealed
    FROM provider_key k JOIN key_version v ON v.organization_id = k.organization_id AND v.key_id = k.id AND v.state = 'current'
    WHERE k.id = ANY(${keyIds}::text[])`
  return rows.map(({ id, health, maxLeaseSeconds, versionId, number, sealed, ...target }) => ({
    id,
    health,
    maxLeaseSeconds,
    target,
    version: { id: versionId, number, sealed: Buffer.from(sealed) },
  }))
}

/** A value that a lease was issued for and that may still be used. */
export async function findLeasedVersion(tx: Tx, versionId: string): Promise<SealedVersion | null> {
  const found = await tx.$queryRaw<{ id: string; number: number; sealed: Uint8Array }[]>`
    SELECT id, number, sealed FROM key_version WHERE id = ${versionId} AND state IN ('current', 'draining') AND sealed IS NOT NULL`
  return found[0] ? { ...found[0], sealed: Buffer.from(found[0].sealed) } : null
}

/** Opens a value for as long as it takes to seal it to its holder. */
export function openLeasedSecret(deps: Pick<Deps, 'cipher' | 'keyring'>, organizationId: string, version: SealedVersion): Promise<Secret> {
  return openSecret(deps, organizationId, version)
}
