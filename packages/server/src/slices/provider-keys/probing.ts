import { newId } from '@keylease/shared/ids'
import { toProbeResult } from '@keylease/shared/providers/probe'
import type { ProbeAnswer, ProbeResult, Provider } from '@keylease/shared/providers/provider'
import { authoriseRequest } from '@keylease/shared/providers/request'
import type { Secret } from '@keylease/shared/secret'
import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { OutboundFailure } from '../../platform/outbound'
import { recordEvent } from '../../platform/outbox'
import type { Tx } from '../../platform/tenancy'
import { insertProbe, type ProbeRow } from './probe-rows'
import { updateKeyRow } from './queries'

export interface Probed {
  result: ProbeResult
  latencyMs: number
}

const probeMs = 30_000

/** Asks the provider about a key. Whatever comes back is a verdict: it never throws on an answer, an outage or a refused address. */
export async function probeKey(
  deps: Deps,
  { provider, baseUrl, value }: { provider: Provider; baseUrl: string | null; value: Secret },
  withinMs = probeMs,
): Promise<Probed> {
  const base = baseUrl ?? provider.baseUrl
  if (!provider.probe || base === null) return { result: toProbeResult('no_probe'), latencyMs: 0 }
  const { method, path } = provider.probe
  const { url, headers } = authoriseRequest(provider, base, path, value)
  const startedMs = deps.clock.monotonicMs()
  const answer = await ask(deps, url, { method, headers, signal: AbortSignal.timeout(withinMs) })
  return { result: dropEcho(provider.probe.read(answer), value), latencyMs: Math.round(deps.clock.monotonicMs() - startedMs) }
}

const shortestEcho = 6

/** An upstream may send the key back in whatever we read: nothing that holds a part of it is kept. */
function dropEcho(result: ProbeResult, value: Secret): ProbeResult {
  const key = value.reveal().toLowerCase()
  const isEcho = (text: string) => text.length >= shortestEcho && (key.includes(text.toLowerCase()) || text.toLowerCase().includes(key))
  const { organization, limits } = result.details
  const kept = Object.entries(limits).filter((entry) => !entry.some(isEcho))
  const details = { organization: organization !== null && isEcho(organization) ? null : organization, limits: Object.fromEntries(kept) }
  return { ...result, details }
}

async function ask(deps: Deps, url: string, request: Parameters<Deps['outbound']['request']>[1]): Promise<ProbeAnswer> {
  try {
    const { status, headers, body } = await deps.outbound.request(url, request)
    return { status, headers, body: body.toString('utf8') }
  } catch (error) {
    if (error instanceof OutboundFailure) return { failure: error.reason }
    if (error instanceof AppError && error.code === 'url_not_allowed') return { failure: 'url_not_allowed' }
    if (request?.signal?.aborted) return { failure: 'timeout' }
    throw error
  }
}

/** Keeps the verdict. Only one that proves something about the value in use changes the health of the key. */
export async function recordProbe(
  tx: Tx,
  deps: Deps,
  actor: Actor,
  of: { keyId: string; versionId: string; isCurrent: boolean },
  probed: Probed,
): Promise<ProbeRow> {
  const now = deps.clock.now()
  const { organizationId } = actor
  const { isCurrent, ...names } = of
  const row = await insertProbe(tx, { organizationId, id: newId('probe'), ...names, ...probed, createdBy: actor.id, now })
  const { valid, verdict } = probed.result
  if (!isCurrent || valid === null) return row
  await updateKeyRow(tx, organizationId, of.keyId, { health: valid ? 'healthy' : 'rejected', checkedAt: now })
  if (!valid) await announceFailure(tx, organizationId, of.keyId, verdict)
  return row
}

export async function announceFailure(tx: Tx, organizationId: string, keyId: string, verdict: string): Promise<void> {
  await recordEvent(tx, organizationId, {
    kind: 'key.verification_failed',
    resource: { kind: 'provider-key', id: keyId },
    payload: { verdict },
  })
}
