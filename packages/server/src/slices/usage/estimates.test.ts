import { newId } from '@keylease/shared/ids'
import type { RequestReading } from '@keylease/shared/metering/reading'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { toReading, toReport } from '../../../test/usage'
import { inTenantSql } from '../../platform/tenancy'
import type { UsageReport } from './event'
import { recordUsage } from './service'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const record = (organizationId: string, ...reports: UsageReport[]) => recordUsage(harness.deps, organizationId, reports)
const leased = (): UsageReport['identity'] => ({ kind: 'leased', leaseId: newId('lease'), sequence: 1 })

/** As a holder tells of a call with a picture whose process died: what the picture takes, nobody can read from the request. */
function assumed(model: string, request: Partial<RequestReading> = {}, rest: Partial<UsageReport> = {}): UsageReport {
  const read = { model, isStream: true, maxOutputTokens: 4_000, maxInputTokens: null, characters: 0, serviceTier: null }
  return toReport({
    identity: leased(),
    requestModel: model,
    status: 'error',
    reading: toReading({}, { quality: 'assumed', model: null, raw: null, finishReason: null }),
    exchange: { request: { ...read, needsUsageOption: false, ...request }, end: 'broken', billsOnDisconnect: false },
    ...rest,
  })
}

interface Stored {
  input: number
  output: number
  mismatch: string | null
  cost: number | null
}

async function readCalls(organizationId: string): Promise<Stored[]> {
  const { rows } = await inTenantSql(harness.deps.db.appPool, organizationId, (client) =>
    client.query<Stored>(
      `SELECT input_uncached::int AS input, output_text::int AS output, mismatch, cost_nanos::float8 AS cost FROM usage_event ORDER BY output_text, input_uncached`,
    ),
  )
  return rows
}

async function summarize(organizationId: string) {
  const token = harness.createCredential({ organizationId, role: 'viewer' })
  const from = new Date(Date.now() - 86_400_000).toISOString()
  const response = await harness.request('GET', `/api/v1/usage/summary?from=${from}`, { token })
  return (await response.json()) as object
}

test('a call that nobody saw end counts the whole window where its request has no bound, and is priced by it', async () => {
  const organizationId = await harness.createTenant()
  await record(organizationId, assumed('gpt-5-mini'))
  await record(organizationId, assumed('gpt-5-mini', { maxInputTokens: 2_000, maxOutputTokens: null }))
  expect(await readCalls(organizationId)).toEqual([
    { input: 400_000, output: 4_000, mismatch: null, cost: 400_000 * 250 + 4_000 * 2_000 },
    { input: 2_000, output: 400_000, mismatch: null, cost: 2_000 * 250 + 400_000 * 2_000 },
  ])
})

test('of a model that nobody knows the call says what is not known', async () => {
  const organizationId = await harness.createTenant()
  await record(organizationId, assumed('model-of-tomorrow'), assumed('model-of-tomorrow', { maxOutputTokens: null }))
  const [open, picture] = await readCalls(organizationId)
  expect(picture).toMatchObject({
    input: 0,
    output: 4_000,
    mismatch: expect.stringContaining('no bound of the input is known'),
    cost: null,
  })
  expect(open?.mismatch).toContain('no bound of the input and the output is known')
})

test('in one batch with estimates and exact calls, each is counted in its own way', async () => {
  const organizationId = await harness.createTenant()
  const broken = assumed('gpt-5-mini', { maxInputTokens: 100 })
  await record(
    organizationId,
    assumed('gpt-5-mini'),
    { ...broken, reading: { ...broken.reading, quality: 'estimated', characters: { text: 2_000, reasoning: 0 } } },
    toReport(),
    { ...assumed('gpt-5-mini'), exchange: null },
  )
  const calls = await readCalls(organizationId)
  expect(calls.map(({ input }) => input).sort((one, other) => one - other)).toEqual([0, expect.any(Number), 1_000, 400_000])
  expect(await summarize(organizationId)).toMatchObject({ requests: 4, quality: { exact: 1, estimated: 1, assumed: 2 } })
})

test('what an organization agreed to pay changes the cost of what is assumed, and not what the model can take', async () => {
  const organizationId = await harness.createTenant()
  const token = harness.createCredential({ organizationId, role: 'admin' })
  const body = { provider: 'openai', model: 'gpt-5-mini', ratesNanos: { inputUncached: '1000000000', outputText: '1000000000' } }
  const created = await harness.request('POST', '/api/v1/prices', { token, body })
  expect(created.status).toBe(201)
  expect(await created.json()).toMatchObject({ terms: { contextTokens: null } })
  const other = await harness.openReplica()
  await recordUsage(other.deps, organizationId, [assumed('gpt-5-mini', {}, { occurredAt: new Date(Date.now() + 1_000) })])
  await other.close()
  expect(await readCalls(organizationId)).toEqual([{ input: 400_000, output: 4_000, mismatch: null, cost: 404_000 * 1_000 }])
})

test('once the truth comes, the sums are those of the truth alone', async () => {
  const organizationId = await harness.createTenant()
  const identity = leased()
  await record(organizationId, assumed('gpt-5-mini', {}, { identity }))
  await record(organizationId, toReport({ identity }))
  expect(await summarize(organizationId)).toMatchObject({
    requests: 1,
    costNanos: '450000',
    tokens: { inputUncached: 1_000, outputText: 100 },
    quality: { exact: 1, estimated: 0, assumed: 0 },
  })
})
