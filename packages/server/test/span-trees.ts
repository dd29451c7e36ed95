import { randomBytes } from 'node:crypto'
import { newId } from '@keylease/shared/ids'
import { expect } from 'vitest'
import type { Deps } from '../src/deps'
import { inTenantSql } from '../src/platform/tenancy'
import { createBatches } from '../src/slices/usage/batches'
import type { UsageReport } from '../src/slices/usage/event'
import type { PricedCall, WrittenUsage } from '../src/slices/usage/priced-call'
import { recordUsage, relateSpans } from '../src/slices/usage/service'
import { toReading, toReport } from './usage'

interface SpanFacts {
  model?: string
  responseId?: string | null
  isContainer?: boolean
  occurredAt?: Date
  /** Under a lease of its own. */
  leaseId?: string
}
export interface Span {
  traceId: string
  spanId: string
  parentSpanId: string | null
  facts: SpanFacts | null
}

export const newTraceId = () => randomBytes(16).toString('hex')

export const below = (parent: Span | null, facts: SpanFacts | null = {}, traceId = parent?.traceId ?? newTraceId()): Span => ({
  traceId,
  spanId: randomBytes(8).toString('hex'),
  parentSpanId: parent?.spanId ?? null,
  facts,
})

export function toCallReport({ traceId, spanId, parentSpanId, facts }: Span): UsageReport {
  const { model = 'gpt-5-mini', responseId = null, isContainer = false, occurredAt = new Date(), leaseId } = facts ?? {}
  return toReport({
    identity: leaseId ? { kind: 'leased', leaseId, sequence: 1 } : { kind: 'span', traceId, spanId },
    traceId,
    spanId,
    occurredAt,
    relations: leaseId && !parentSpanId ? null : { parentSpanId, isContainer },
    requestModel: model,
    reading: toReading({ inputUncached: 1_000, outputText: 100 }, { model, responseId }),
  })
}

export const toLeased = (responseId: string, occurredAt = new Date()): UsageReport =>
  toReport({
    identity: { kind: 'leased', leaseId: newId('lease'), sequence: 1 },
    source: 'sdk',
    occurredAt,
    reading: toReading({ inputUncached: 1_000, outputText: 100 }, { responseId }),
  })

export async function deliver(deps: Deps, organizationId: string, items: readonly (Span | UsageReport)[]): Promise<void> {
  const edges = items.flatMap((item) =>
    'facts' in item && item.facts === null && item.parentSpanId ? [{ ...item, parentSpanId: item.parentSpanId, isNear: true }] : [],
  )
  await relateSpans(deps, organizationId, edges)
  const reports = items.flatMap((item) => ('facts' in item ? (item.facts === null ? [] : toCallReport(item)) : item))
  await recordUsage(deps, organizationId, reports)
}

interface Row {
  id: string
  spanId: string
  leaseId: string | null
  linkedTo: string | null
  costNanos: string | null
}

const read = (deps: Deps, organizationId: string) =>
  inTenantSql(deps.db.appPool, organizationId, async (client) => {
    const events = await client.query<Row>(
      `SELECT id, encode(span_id, 'hex') AS "spanId", lease_id AS "leaseId", linked_to AS "linkedTo", cost_nanos::text AS "costNanos"
       FROM usage_event`,
    )
    const sums = await client.query<{ calls: string; costNanos: string }>(
      `SELECT coalesce(sum(calls), 0)::text AS calls, coalesce(sum(cost_nanos), 0)::text AS "costNanos" FROM usage_day WHERE dimension = 'total'`,
    )
    return { rows: events.rows, sums: sums.rows[0] }
  })

/** Who bills, and that nobody bills for nobody, that no chain is left, and that the sums are those of who bills. */
export async function readBilledCalls(deps: Deps, organizationId: string): Promise<{ spans: Set<string>; leased: number }> {
  const { rows, sums } = await read(deps, organizationId)
  const billed = rows.filter(({ linkedTo }) => linkedTo === null)
  const ids = new Set(billed.map(({ id }) => id))
  expect(rows.filter(({ linkedTo }) => linkedTo !== null && !ids.has(linkedTo))).toEqual([])
  const cost = billed.reduce((sum, { costNanos }) => sum + BigInt(costNanos ?? 0), 0n)
  expect(sums).toEqual({ calls: String(billed.length), costNanos: String(cost) })
  const spans = new Set(billed.flatMap(({ leaseId, spanId }) => (leaseId === null ? [spanId] : [])))
  return { spans, leased: billed.length - spans.size }
}

export const toSpanIds = (...spans: Span[]) => new Set(spans.map(({ spanId }) => spanId))

/** Processes that write the ledger of one organization, each by itself. */
export const listReplicas = (deps: Deps): [Deps, Deps] => [deps, { ...deps, usageBatches: createBatches<PricedCall, WrittenUsage>() }]
