import type { CreateProviderKey, StoredProviderKey } from '@keylease/shared/contracts/provider-key-bodies'
import { newId } from '@keylease/shared/ids'
import { toKeyPreview } from '@keylease/shared/providers/key-check'
import type { Provider } from '@keylease/shared/providers/provider'
import type { Secret } from '@keylease/shared/secret'
import type { Deps } from '../../deps'
import { prepareAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { presentFields } from '../../platform/patch'
import type { Tx } from '../../platform/tenancy'
import { isCatalogueProvider } from '../providers/service'
import { announceChange, announceKey } from './announce'
import { toProviderKey } from './mapping'
import { readExpiry, requireOwners } from './ownership'
import { type Probed, probeKey } from './probing'
import { findKey, insertKey } from './queries'
import { planProbe, recordProbe } from './recording'
import { requireFields } from './required-fields'
import { fingerprintOf, readSecret, refuseDuplicate, sealSecret } from './secrets'
import { requireProvider } from './sight'
import { toVerification } from './verification'
import { insertVersion } from './version-rows'

/** Asked to verify, the provider is asked before anything is stored; what it says is kept with the key and does not refuse it. */
export async function createProviderKey(deps: Deps, actor: Actor, input: CreateProviderKey): Promise<StoredProviderKey> {
  const probed = input.verify ? await probeFirst(deps, actor, input) : null
  return writeAs(deps, actor, async (tx) => {
    const provider = await requireProvider(tx, input.provider)
    const { value, warnings } = readSecret(provider, input.key)
    const names = { keyId: newId('providerKey'), versionId: newId('keyVersion'), baseUrl: readBaseUrl(deps, provider, input) }
    await requireOwners(tx, actor, { ownerMemberId: input.ownerMemberId, ownerTeamId: input.ownerTeamId ?? null })
    await storeKey(tx, deps, actor, { ...names, provider, value, input })
    await planProbe(tx, deps, actor.organizationId, names.keyId)
    if (probed) await recordProbe(tx, deps, actor, { keyId: names.keyId, versionId: names.versionId, isCurrent: true }, probed)
    const row = await findKey(tx, names.keyId)
    if (!row) throw new Error('a key that was just stored is not there')
    const key = toProviderKey(row)
    await announceChange(tx, actor, key.id)
    await announceKey(tx, actor, 'key.created', key)
    await recordAudit(tx, deps.clock, actor, { action: 'provider-key.created', resource: { kind: 'provider-key', id: key.id }, after: key })
    return { ...key, warnings, verification: probed && toVerification(provider, probed.result) }
  })
}

async function probeFirst(deps: Deps, actor: Actor, input: CreateProviderKey): Promise<Probed> {
  const inHand = await prepareAs(deps, actor, async (tx) => {
    const provider = await requireProvider(tx, input.provider)
    const { region = null, deployment = null, apiVersion = null, upstreamOrganization = null } = input
    const target = { region, deployment, apiVersion, upstreamOrganization, baseUrl: readBaseUrl(deps, provider, input) }
    return { provider, target, value: readSecret(provider, input.key).value }
  })
  return probeKey(deps, inHand)
}

interface NewKey {
  keyId: string
  versionId: string
  baseUrl: string | null
  provider: Provider
  value: Secret
  input: CreateProviderKey
}

async function storeKey(tx: Tx, deps: Deps, actor: Actor, { keyId, versionId, baseUrl, provider, value, input }: NewKey): Promise<void> {
  const { organizationId, id: createdBy } = actor
  const now = deps.clock.now()
  const print = fingerprintOf(deps, organizationId, value)
  await refuseDuplicate(tx, deps, organizationId, value)
  const { key: _key, verify: _verify, baseUrl: _baseUrl, expiresAt, category = provider.category, ...named } = input
  const expiry = readExpiry(expiresAt ?? null, now)
  const owner = { organizationId, id: keyId, baseUrl, category, expiresAt: expiry, createdBy, createdAt: now, updatedAt: now }
  await insertKey(tx, { ...presentFields(named), name: input.name, provider: provider.id, ...owner })
  const version = { id: versionId, number: 1 }
  const sealed = await sealSecret(deps, organizationId, version, value)
  const preview = toKeyPreview(provider.key, value.reveal())
  await insertVersion(tx, { organizationId, ...version, keyId, state: 'current', sealed, preview, ...print, createdBy, now })
}

/** Where the key may go, for good: a later change of the provider does not move it. Null is the catalogue's own address. */
function readBaseUrl(deps: Deps, provider: Provider, input: CreateProviderKey): string | null {
  requireFields(provider, input)
  if (input.baseUrl) return deps.outbound.check(input.baseUrl).href.replace(/\/$/, '')
  return isCatalogueProvider(provider.id) ? null : provider.baseUrl
}
