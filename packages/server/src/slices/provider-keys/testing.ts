import type { KeyTest, TestProviderKey } from '@keylease/shared/contracts/provider-key-health'
import { helpFor } from '@keylease/shared/providers/errors'
import type { Provider } from '@keylease/shared/providers/provider'
import type { Deps } from '../../deps'
import { prepareAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordUsage } from '../usage/service'
import { type Checked, loadChecked } from './checking'
import { openSecret } from './secrets'
import type { KeyInHand } from './sending'
import { lockManagedKey, refuseRevoked } from './sight'
import { makeTestCall, type TestOutcome } from './test-call'

/** A test costs money at the provider: a few in a row, then one in twelve seconds. */
const limits = { perMinute: 5, burst: 5 }

export async function testProviderKey(deps: Deps, actor: Actor, keyId: string, input: TestProviderKey): Promise<KeyTest> {
  const { organizationId } = actor
  const checked = await prepareAs(deps, actor, async (tx) => {
    const row = await lockManagedKey(deps, tx, actor, keyId)
    refuseRevoked(row)
    takeTurn(deps, `${organizationId}:${keyId}`)
    return loadChecked(tx, row)
  })
  const inHand: KeyInHand = { ...checked, value: await openSecret(deps, organizationId, checked.version) }
  const outcome = await makeTestCall(deps, organizationId, inHand, input.model)
  const test = toKeyTest(checked.provider, outcome, await recordTest(deps, actor, checked, outcome))
  return writeAs(deps, actor, async (tx) => {
    await lockManagedKey(deps, tx, actor, keyId)
    await recordAudit(tx, deps.clock, actor, { action: 'provider-key.tested', resource: { kind: 'provider-key', id: keyId }, after: test })
    return test
  })
}

function takeTurn({ limiter }: Deps, caller: string): void {
  const turn = limiter.take(`key-test:${caller}`, 'write', limits)
  if (!turn.admitted) throw new AppError('rate_limited', { retryAfterSeconds: turn.retryAfterSeconds })
}

/** What it used and cost is in the ledger before it is told: a test is paid like any other call. */
async function recordTest(deps: Deps, actor: Actor, checked: Checked, { answer, ...outcome }: TestOutcome): Promise<bigint | null> {
  if (answer === null) return null
  const { status, operation, request, reading } = answer
  const [written] = await recordUsage(deps, actor.organizationId, [
    {
      identity: { kind: 'test', requestId: actor.request.id },
      source: 'test',
      owner: { ...nobody, memberId: actor.memberId ?? null, keyId: checked.keyId, keyVersionId: checked.version.id },
      occurredAt: outcome.at,
      provider: checked.provider.id,
      operation: operation.kind,
      endpoint: `${operation.method} ${operation.path}`,
      requestModel: outcome.model,
      region: checked.target.region,
      status: outcome.error === null ? 'ok' : 'error',
      httpStatus: status,
      isStream: false,
      latencyMs: outcome.latencyMs,
      firstTokenMs: null,
      conversation: null,
      endUser: null,
      tags: [],
      traceId: null,
      spanId: null,
      scope: null,
      relations: null,
      isReportedCostTrusted: true,
      reading,
      rawUsage: reading.raw && JSON.stringify(reading.raw),
      exchange: { request, end: 'complete', billsOnDisconnect: checked.provider.billsOnDisconnect },
    },
  ])
  return written?.costNanos ?? null
}

const nobody = { teamId: null, projectId: null, agentId: null, environment: null }

function toKeyTest(provider: Provider, { error, latencyMs, model, answer }: TestOutcome, costNanos: bigint | null): KeyTest {
  const { reading = null } = answer ?? {}
  return {
    ok: error === null,
    latencyMs,
    model,
    tokens: reading && { ...reading.vector },
    quality: reading?.quality ?? null,
    costNanos: costNanos === null ? null : String(costNanos),
    error: error && { class: error, ...helpFor(provider, error) },
  }
}
