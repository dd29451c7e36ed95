import type { KeyRevocation, Probe, RevealedKey, RevokeProviderKey } from '@keylease/shared/contracts/provider-key-bodies'
import type { Provider } from '@keylease/shared/providers/provider'
import type { KeyTarget } from '@keylease/shared/providers/request'
import type { Deps } from '../../deps'
import { prepareAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { chooseInFlight } from '../../platform/revocations'
import { inTenant, type Tx } from '../../platform/tenancy'
import { announceChange, announceKey } from './announce'
import { toProbe, toProviderKey } from './mapping'
import { probeKey } from './probing'
import { type KeyRow, updateKeyRow } from './queries'
import { recordProbe } from './recording'
import { openSecret } from './secrets'
import { toTarget } from './sending'
import { lockManagedKey, requireProvider, seeKey } from './sight'
import { findNewestSealed, retireAll, type SealedVersion } from './version-rows'

export interface Checked {
  keyId: string
  provider: Provider
  target: KeyTarget
  version: SealedVersion
}

/** How long an emergency waits to hear whether the provider still takes the key. */
const afterRevokeMs = 5_000

export async function verifyProviderKey(deps: Deps, actor: Actor, keyId: string): Promise<Probe> {
  const checked = await prepareAs(deps, actor, async (tx) => loadChecked(tx, await lockManagedKey(deps, tx, actor, keyId)))
  const { organizationId } = actor
  const value = await openSecret(deps, organizationId, checked.version)
  const probed = await probeKey(deps, { ...checked, value }, { organizationId })
  return writeAs(deps, actor, async (tx) => {
    const row = await lockManagedKey(deps, tx, actor, keyId)
    const isCurrent = row.versions[0]?.id === checked.version.id && row.versions[0].state === 'current'
    const probe = toProbe(checked.provider, await recordProbe(tx, deps, actor, { keyId, versionId: checked.version.id, isCurrent }, probed))
    const resource = { kind: 'provider-key', id: keyId }
    await recordAudit(tx, deps.clock, actor, { action: 'provider-key.verified', resource, after: probe })
    return probe
  })
}

/** What counts is committed before the provider is asked: an emergency waits for nobody. */
export async function revokeProviderKey(deps: Deps, actor: Actor, keyId: string, input: RevokeProviderKey): Promise<KeyRevocation> {
  const revocation = await writeAs(deps, actor, (tx) => revokeNow(tx, deps, actor, keyId, input))
  try {
    return { ...revocation, upstream: await askWhetherDead(deps, actor, keyId) }
  } catch (error) {
    deps.log.error({ err: error, keyId }, 'a key is revoked; whether its provider still takes it could not be asked')
    return revocation
  }
}

async function revokeNow(tx: Tx, deps: Deps, actor: Actor, keyId: string, { inFlight }: RevokeProviderKey): Promise<KeyRevocation> {
  const row = await lockManagedKey(deps, tx, actor, keyId)
  const now = deps.clock.now()
  const revokedAt = row.revokedAt ?? now
  await chooseInFlight(tx, inFlight)
  await retireAll(tx, keyId, now)
  const after = toProviderKey(await updateKeyRow(tx, actor.organizationId, keyId, { status: 'revoked', revokedAt, updatedAt: now }))
  await announceChange(tx, actor, keyId, { revoked: true, inFlight, notBefore: now.toISOString() })
  await announceKey(tx, actor, 'key.revoked', after)
  const resource = { kind: 'provider-key', id: keyId }
  await recordAudit(tx, deps.clock, actor, {
    action: 'provider-key.revoked',
    resource,
    before: toProviderKey(row),
    after: { ...after, inFlight },
  })
  return { id: keyId, status: 'revoked', inFlight, revokedAt: revokedAt.toISOString(), upstream: 'still_valid' }
}

/** Only a refusal by the provider proves a key dead; anything else leaves it an open task. */
async function askWhetherDead(deps: Deps, actor: Actor, keyId: string): Promise<KeyRevocation['upstream']> {
  const { organizationId } = actor
  const checked = await inTenant(deps.db, organizationId, async (tx) => loadChecked(tx, await seeKey(deps, tx, actor, keyId)))
  const value = await openSecret(deps, organizationId, checked.version)
  const probed = await probeKey(deps, { ...checked, value }, { withinMs: afterRevokeMs, organizationId })
  const of = { keyId, versionId: checked.version.id, isCurrent: false }
  await inTenant(deps.db, organizationId, (tx) => recordProbe(tx, deps, actor, of, probed))
  return probed.result.valid === false ? 'revoked' : 'still_valid'
}

/** For a person with a fresh factor, both of which the route asks for. */
export async function revealProviderKey(deps: Deps, actor: Actor, keyId: string): Promise<RevealedKey> {
  const revealed = await writeAs(deps, actor, async (tx) => {
    const row = await lockManagedKey(deps, tx, actor, keyId)
    const { version } = await loadChecked(tx, row)
    const value = await openSecret(deps, actor.organizationId, version)
    const after = { versionId: version.id, number: version.number }
    await recordAudit(tx, deps.clock, actor, { action: 'provider-key.revealed', resource: { kind: 'provider-key', id: keyId }, after })
    return { id: keyId, ...after, key: value.reveal() }
  })
  deps.security.record({
    kind: 'secret_revealed',
    organizationId: actor.organizationId,
    actor: { kind: actor.kind, id: actor.id, name: actor.name },
    facts: actor.request,
    resource: { kind: 'provider-key', id: keyId },
  })
  return revealed
}

export async function loadChecked(tx: Tx, row: KeyRow): Promise<Checked> {
  const version = await findNewestSealed(tx, row.id)
  if (!version) throw new AppError('key_not_usable')
  return { keyId: row.id, provider: await requireProvider(tx, row.provider), target: toTarget(row), version }
}
