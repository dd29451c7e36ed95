import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { recordEvent } from '../../platform/outbox'
import type { Tx } from '../../platform/tenancy'
import { announceKey } from './announce'
import { findIntervalMs, readHealth, saveHealth } from './health/health-rows'
import { judgeProbe, newsOf } from './health/judgement'
import { nextProbeDelayMs, toIntervalMs } from './health/pace'
import { toProviderKey } from './mapping'
import { insertProbe, type ProbeRow } from './probe-rows'
import type { Probed } from './probing'
import { updateKeyRow } from './queries'

/** Who asked: a person or a program, or the service on its rounds. */
interface Asker {
  organizationId: string
  id: string
  isScheduled?: boolean
}

interface ProbedValue {
  keyId: string
  versionId: string
  /** Whether it is the value in use: a candidate says nothing about the key. */
  isCurrent: boolean
}

/** Keeps what the provider said, and what it means for the health of a key whose row the transaction has locked. */
export async function recordProbe(
  tx: Tx,
  { clock }: Pick<Deps, 'clock'>,
  by: Asker,
  { isCurrent, ...names }: ProbedValue,
  probed: Probed,
  random: () => number = Math.random,
): Promise<ProbeRow> {
  const now = clock.now()
  const { organizationId } = by
  const row = await insertProbe(tx, { organizationId, id: newId('probe'), ...names, ...probed, createdBy: by.id, now })
  if (isCurrent) await settleHealth(tx, by, names.keyId, { probed, now, random: random() })
  return row
}

async function settleHealth(
  tx: Tx,
  { organizationId, isScheduled = false }: Asker,
  keyId: string,
  { probed: { result }, now, random }: { probed: Probed; now: Date; random: number },
): Promise<void> {
  const before = await readHealth(tx, keyId)
  const after = judgeProbe(before, result, isScheduled)
  const nextProbeAt = await planNext(tx, organizationId, { ...after, provider: before.provider }, { now, random })
  await saveHealth(tx, { organizationId, keyId }, { ...after, lastProbeAt: now, nextProbeAt })
  if (result.valid === false && !isScheduled) await announceFailure(tx, organizationId, keyId, result.verdict)
  if (result.valid === null && after.health === before.health) return
  const checkedAt = result.valid === null ? {} : { checkedAt: now }
  const key = toProviderKey(await updateKeyRow(tx, organizationId, keyId, { health: after.health, ...checkedAt }))
  const news = newsOf(before.health, after.health)
  if (news) await announceKey(tx, { organizationId }, news, key, { health: after.health, was: before.health, reason: result.reason })
}

async function planNext(
  tx: Tx,
  organizationId: string,
  { provider, ...counts }: { provider: string; refusals: number; failures: number },
  { now, random }: { now: Date; random: number },
): Promise<Date | null> {
  const wantedMs = await findIntervalMs(tx, organizationId)
  return wantedMs === null ? null : new Date(now.getTime() + nextProbeDelayMs(counts, toIntervalMs(provider, wantedMs), random))
}

/** A key that is new, or active again, is checked one interval from now. */
export async function planProbe(tx: Tx, { clock }: Pick<Deps, 'clock'>, organizationId: string, keyId: string): Promise<void> {
  const { provider, refusals, failures, lastProbeAt } = await readHealth(tx, keyId)
  const plan = { provider, refusals: 0, failures: 0 }
  const nextProbeAt = await planNext(tx, organizationId, plan, { now: clock.now(), random: Math.random() })
  await saveHealth(tx, { organizationId, keyId }, { refusals, failures, lastProbeAt, nextProbeAt })
}

/** A value that nobody has asked about: what was known of the one before says nothing about it. */
export async function forgetHealth(tx: Tx, organizationId: string, keyId: string): Promise<void> {
  await updateKeyRow(tx, organizationId, keyId, { health: 'unknown', checkedAt: null })
  const { lastProbeAt, nextProbeAt } = await readHealth(tx, keyId)
  await saveHealth(tx, { organizationId, keyId }, { refusals: 0, failures: 0, lastProbeAt, nextProbeAt })
}

export async function announceFailure(tx: Tx, organizationId: string, keyId: string, verdict: string): Promise<void> {
  await recordEvent(tx, organizationId, {
    kind: 'key.verification_failed',
    resource: { kind: 'provider-key', id: keyId },
    payload: { verdict },
  })
}
